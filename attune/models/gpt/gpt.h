// GPT (Radford et al., "Improving Language Understanding by Generative Pre-Training", 2018): a stack of
// Transformer decoder layers (section 4.1; Liu et al., 1801.10198; 1706.03762, section 3) that normalise
// after each residual sum, on learned positions. Nothing is normalised after the last layer.
//
// Shapes: B sequences, T tokens, D width (n_embd), H heads, F feed-forward width (4 D), V vocabulary.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "attune/models/causal_language_model.h"
#include "attune/models/gpt/config.h"
#include "attune/nn/attention.h"
#include "attune/nn/embedding.h"
#include "attune/nn/feed_forward.h"
#include "attune/nn/residual.h"

namespace attune::models {

// One decoder layer: n = LN(x + Attention(x)), then LN(n + FFN(n)).
class GptLayer {
 public:
  GptLayer(const nn::Scope& scope, const GptConfig& config);

  // (B, T, D) -> (B, T, D). With a cache, x holds the new positions only.
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context) const;
  Tensor operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context,
                    nn::KeyValueCache& cache, std::int64_t index) const;

 private:
  // The two sub-layers around one of the forms of attention.
  template <typename Attend>
  Tensor sublayers(const Tensor& x, const nn::Context& context, Attend&& attend) const;

  nn::SelfAttention attention_;
  nn::LayerNorm attention_norm_;
  nn::FeedForward feed_forward_;
  nn::LayerNorm feed_forward_norm_;
  nn::Dropout dropout_;
};

class Gpt : public CausalLanguageModel {
 public:
  explicit Gpt(const GptConfig& config);

  const GptConfig& config() const { return config_; }

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

  GptConfig config_;
  nn::Parameters parameters_;
  StoredTypes stored_;
  nn::Embedding token_embedding_;     // (V, D), the output layer as well
  nn::Embedding position_embedding_;  // (n_positions, D)
  nn::Dropout dropout_;
  std::vector<GptLayer> layers_;
};

// Hugging Face's names (OpenAIGPTLMHeadModel) for our parameters.
const WeightTable& gpt_weight_table();

}  // namespace attune::models
