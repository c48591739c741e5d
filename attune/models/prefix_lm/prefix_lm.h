// The prefix language model (Raffel et al., 1910.10683, section 3.2.1 and figure 4, right; after Liu et al.,
// 1801.10198): one stack of T5's layers in which every position sees the whole prefix, and of what follows it
// only what came before. It does in one stack what an encoder-decoder does in two.
//
// Shapes: B sequences, T tokens, D width (d_model), H heads, V vocabulary.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "attune/models/causal_language_model.h"
#include "attune/models/prefix_lm/config.h"
#include "attune/models/t5/layers.h"
#include "attune/nn/embedding.h"

namespace attune::models {

class PrefixLanguageModel : public CausalLanguageModel {
 public:
  explicit PrefixLanguageModel(const PrefixLmConfig& config);

  const PrefixLmConfig& config() const { return config_; }

  std::int64_t context_length() const override { return config_.n_positions; }
  std::int64_t vocab_size() const override { return config_.blocks.vocab_size; }
  std::optional<std::int64_t> end_of_text() const override { return config_.eos_token_id; }
  const nn::Parameters& parameters() const override { return parameters_; }

  // The first prefix[b] tokens of ids (B, T) are seen by all of sequence b; prefix (B) int64. (B, T, D)
  Tensor hidden_states(const Tensor& ids, const Tensor& prefix, const nn::Context& context) const;
  // Targets (B, T) of a prefix are -100 as a rule: it is given, not predicted.
  Tensor loss(const Tensor& ids, const Tensor& prefix, const Tensor& targets,
              const nn::Context& context) const;

  // Without a prefix: a causal language model.
  Tensor hidden_states(const Tensor& ids, const nn::Context& context) const override;
  Tensor loss(const Tensor& ids, const Tensor& targets, const nn::Context& context) const override;
  Tensor token_losses(const Tensor& ids, const Tensor& targets, const nn::Context& context) const override;

  // Step by step. What an empty cache gets first is the prefix: in generation the prompt.
  Tensor hidden_states(const Tensor& ids, const TokenPositions& where, const nn::Context& context,
                       nn::KeyValueCache& cache) const override;
  nn::KeyValueCache make_cache(std::int64_t batch, std::int64_t capacity) const override;

  Tensor logits(const Tensor& hidden) const override;
  void save(const std::filesystem::path& directory) const override;

  // Binds every parameter to its tensor of the directory. What save() writes keeps the types stored there.
  void load(const std::filesystem::path& directory, const LoadOptions& options);

  // Allocates every parameter and draws its first values: initialize_t5().
  void initialize(Generator& generator) const;

 private:
  Tensor forward(const Tensor& ids, const ops::AttentionOptions& mask, const nn::Context& context) const;
  Tensor finish(const Tensor& x, const nn::Context& context) const;
  const Tensor& output_weight() const {
    return config_.blocks.tie_word_embeddings ? embedding_.weight : output_weight_;
  }

  PrefixLmConfig config_;
  nn::Parameters parameters_;
  nn::Embedding embedding_;  // (V, D)
  nn::Dropout dropout_;
  nn::RelativePositionBias position_bias_;  // (buckets, H); both directions, since a prefix is seen both ways
  std::vector<T5Layer> layers_;
  nn::RmsNorm final_norm_;
  Tensor output_weight_;  // (V, D) when it is not the embedding
  StoredTypes stored_;
};

// Names after those of a T5 decoder without attention to an encoder.
const WeightTable& prefix_lm_weight_table();

std::unique_ptr<PrefixLanguageModel> load_prefix_lm(const std::filesystem::path& directory,
                                                    const LoadOptions& options = {});

}  // namespace attune::models
