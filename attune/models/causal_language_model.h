// What training, evaluation and generation need of a model that predicts the next token.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "attune/models/weight_table.h"
#include "attune/nn/context.h"
#include "attune/nn/key_value_cache.h"
#include "attune/nn/parameters.h"

namespace attune::models {

// Where the tokens of a batch stand. Shorter sequences are padded on the left.
struct TokenPositions {
  Tensor positions;  // (T) or (B, T) int64
  Tensor key_mask;   // (B, tokens so far) bool: false for padding; undefined when nothing is padded
};

// Shapes: B sequences, T tokens, D width, V vocabulary.
class CausalLanguageModel {
 public:
  virtual ~CausalLanguageModel() = default;

  virtual std::int64_t context_length() const = 0;  // the most tokens it can see at once
  virtual std::int64_t vocab_size() const = 0;
  virtual std::optional<std::int64_t> end_of_text() const = 0;
  virtual const nn::Parameters& parameters() const = 0;
  virtual const WeightTable& weight_table() const = 0;  // their names in a checkpoint

  // ids (B, T) int64 -> (B, T, D): the last layer's output.
  virtual Tensor hidden_states(const Tensor& ids, const nn::Context& context) const = 0;
  // The same for tokens that continue what the cache holds.
  virtual Tensor hidden_states(const Tensor& ids, const TokenPositions& where, const nn::Context& context,
                               nn::KeyValueCache& cache) const = 0;
  virtual nn::KeyValueCache make_cache(std::int64_t batch, std::int64_t capacity) const = 0;

  // (..., D) -> (..., V): scores of the next token.
  virtual Tensor logits(const Tensor& hidden) const = 0;

  // The mean over targets (B, T) of -log p(target | the tokens up to there); targets of -100 do not count.
  virtual Tensor loss(const Tensor& ids, const Tensor& targets, const nn::Context& context) const = 0;
  // Each target's own loss: (B, T), no gradient.
  virtual Tensor token_losses(const Tensor& ids, const Tensor& targets, const nn::Context& context) const = 0;

  // Writes config.json, generation_config.json and model.safetensors in Hugging Face's layout.
  virtual void save(const std::filesystem::path& directory) const = 0;
};

// Reads a model directory of any family known here, by the "model_type" of its config.json.
std::unique_ptr<CausalLanguageModel> load_causal_language_model(const std::filesystem::path& directory,
                                                                const LoadOptions& options = {});

}  // namespace attune::models
