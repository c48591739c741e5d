// What training, evaluation and generation need of a model that turns one sequence into another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "attune/models/weight_table.h"
#include "attune/nn/context.h"
#include "attune/nn/decoder_cache.h"
#include "attune/nn/parameters.h"

namespace attune::models {

// Sequences of a batch, shorter ones padded on the right.
struct SequenceBatch {
  Tensor ids;   // (B, T) int64
  Tensor mask;  // (B, T) bool: false for padding; undefined when nothing is padded
};

// Shapes: B sources, K hypotheses of each, S source tokens, T target tokens, D width, V vocabulary.
class SequenceToSequenceModel {
 public:
  virtual ~SequenceToSequenceModel() = default;

  virtual std::int64_t max_source_length() const = 0;  // the most tokens that the encoder takes
  virtual std::int64_t max_target_length() const = 0;  // and the decoder
  virtual std::int64_t vocab_size() const = 0;
  virtual std::int64_t decoder_start_token() const = 0;
  virtual std::int64_t end_of_text() const = 0;
  virtual std::int64_t padding_token() const = 0;
  // Tokens that are never generated (HF: bad_words_ids of one token).
  virtual const std::vector<std::int64_t>& suppressed_tokens() const = 0;
  // Whether the probabilities of the tokens that are left sum to 1 (HF: renormalize_logits), or stay as small
  // as they were beside the suppressed ones.
  virtual bool renormalizes() const = 0;
  // The last token of a target that is cut short (HF: forced_eos_token_id); none: it just stops.
  virtual std::optional<std::int64_t> forced_end_of_text() const = 0;
  virtual const nn::Parameters& parameters() const = 0;
  virtual const WeightTable& weight_table() const = 0;  // their names in a checkpoint

  // The memory that the decoder looks into: (B, S) -> (B, S, D).
  virtual Tensor encode(const SequenceBatch& source, const nn::Context& context) const = 0;

  // Teacher forcing: all positions of the decoder's input in one masked pass. (B, T) -> (B, T, D)
  virtual Tensor decode(const SequenceBatch& inputs, const Tensor& memory, const Tensor& memory_mask,
                        const nn::Context& context) const = 0;

  // Step by step: a cache with the keys and values of the memory (B, S, D) in every layer, for K hypotheses
  // of each source and `capacity` target tokens; and the next tokens (B K, T), which continue what it holds.
  virtual nn::DecoderCache make_cache(const Tensor& memory, const Tensor& memory_mask,
                                      std::int64_t hypotheses, std::int64_t capacity) const = 0;
  virtual Tensor decode(const Tensor& ids, const nn::Context& context, nn::DecoderCache& cache) const = 0;

  // (..., D) -> (..., V): scores of the next token.
  virtual Tensor logits(const Tensor& hidden) const = 0;

  // The mean over targets (B, T) of -log p(target | source, inputs up to there); targets of -100 do not
  // count. `label_smoothing` e gives e / V of the truth to every token (1706.03762, section 5.4).
  virtual Tensor loss(const SequenceBatch& source, const SequenceBatch& inputs, const Tensor& targets,
                      double label_smoothing, const nn::Context& context) const = 0;
  // Each target's own loss, without smoothing: (B, T), no gradient.
  virtual Tensor token_losses(const SequenceBatch& source, const SequenceBatch& inputs, const Tensor& targets,
                              const nn::Context& context) const = 0;

  // Writes config.json, generation_config.json and model.safetensors in Hugging Face's layout.
  virtual void save(const std::filesystem::path& directory) const = 0;
};

// Throws Error for a directory of another kind of model, before its tokenizer is missed.
void check_sequence_to_sequence_model(const std::filesystem::path& directory);

// Reads a model directory of any encoder-decoder family known here, by the "model_type" of its config.json.
std::unique_ptr<SequenceToSequenceModel> load_sequence_to_sequence_model(
    const std::filesystem::path& directory, const LoadOptions& options = {});

}  // namespace attune::models
