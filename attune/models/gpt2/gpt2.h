// GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019): a stack of Transformer
// decoder layers (Radford et al., 2018; 1706.03762, section 3) with the normalisation before each sub-layer.
//
// Shapes: B sequences, T tokens, D width (n_embd), H heads, F feed-forward width (n_inner), V vocabulary.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "attune/models/causal_language_model.h"
#include "attune/models/gpt2/config.h"
#include "attune/nn/attention.h"
#include "attune/nn/embedding.h"
#include "attune/nn/feed_forward.h"
#include "attune/nn/residual.h"

namespace attune::models {

// One decoder layer: x + Attention(LN(x)), then x + FFN(LN(x)) (2019, section 2.3).
class Gpt2Layer {
 public:
  Gpt2Layer(const nn::Scope& scope, const Gpt2Config& config);

  // (B, T, D) -> (B, T, D). With a cache, x holds the new positions only.
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context) const;
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context,
                    nn::KeyValueCache& cache, std::int64_t index) const;

 private:
  // What follows attention: the residual sum, and the feed-forward sub-layer on top of it.
  Tensor feed_forward_sublayer(const Tensor& x, const Tensor& attended, const nn::Context& context) const;

  nn::LayerNorm attention_norm_;
  nn::SelfAttention attention_;
  nn::LayerNorm feed_forward_norm_;
  nn::FeedForward feed_forward_;
  nn::Dropout dropout_;
};

class Gpt2 : public CausalLanguageModel {
 public:
  explicit Gpt2(const Gpt2Config& config);

  const Gpt2Config& config() const { return config_; }

  std::int64_t context_length() const override { return config_.n_positions; }
  std::int64_t vocab_size() const override { return config_.vocab_size; }
  std::optional<std::int64_t> end_of_text() const override { return config_.eos_token_id; }
  const nn::Parameters& parameters() const override { return parameters_; }

  Tensor hidden_states(const Tensor& ids, const nn::Context& context) const override;  // (B, T) -> (B, T, D)
  Tensor hidden_states(const Tensor& ids, const TokenPositions& where, const nn::Context& context,
                       nn::KeyValueCache& cache) const override;
  nn::KeyValueCache make_cache(std::int64_t batch, std::int64_t capacity) const override;
  Tensor logits(const Tensor& hidden) const override;
  Tensor loss(const Tensor& ids, const Tensor& targets, const nn::Context& context) const override;
  Tensor token_losses(const Tensor& ids, const Tensor& targets, const nn::Context& context) const override;
  void save(const std::filesystem::path& directory) const override;
  // What save() writes keeps these types.
  void keep_stored_types(StoredTypes stored) { stored_ = std::move(stored); }

 private:
  Tensor embed(const Tensor& ids, const Tensor& positions, const nn::Context& context) const;
  const Tensor& output_weight() const { return tied() ? token_embedding_.weight : output_weight_; }
  bool tied() const { return config_.tie_word_embeddings; }

  Gpt2Config config_;
  nn::Parameters parameters_;
  StoredTypes stored_;
  nn::Embedding token_embedding_;     // (V, D)
  nn::Embedding position_embedding_;  // (n_positions, D)
  nn::Dropout dropout_;
  std::vector<Gpt2Layer> layers_;
  nn::LayerNorm final_norm_;
  Tensor output_weight_;  // (V, D) when it is not the token embedding
};

// Hugging Face's names (GPT2LMHeadModel) for our parameters.
const WeightTable& gpt2_weight_table();

}  // namespace attune::models
