// T5 (Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer",
// 1910.10683): an encoder-decoder on relative positions. Version 1.0 has ReLU and one table of embeddings for
// source, target and output; version 1.1 has a gated GELU (Shazeer, 2002.05202) and an output layer of its
// own.
//
// Shapes: B sources, K hypotheses of each, S source tokens, T target tokens, D width (d_model), H heads, Dh
// head width (d_kv), F feed-forward width (d_ff), V vocabulary.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "attune/models/sequence_to_sequence_model.h"
#include "attune/models/t5/config.h"
#include "attune/models/t5/layers.h"
#include "attune/nn/embedding.h"

namespace attune::models {

class T5 : public SequenceToSequenceModel {
 public:
  explicit T5(const T5Config& config);

  const T5Config& config() const { return config_; }

  // Relative positions set no limit; this one keeps sizes sane.
  static constexpr std::int64_t most_tokens = std::int64_t{1} << 20;
  std::int64_t max_source_length() const override { return most_tokens; }
  std::int64_t max_target_length() const override { return most_tokens; }
  std::int64_t vocab_size() const override { return config_.vocab_size; }
  std::int64_t decoder_start_token() const override { return config_.decoder_start_token_id; }
  std::int64_t end_of_text() const override { return config_.eos_token_id; }
  std::int64_t padding_token() const override { return config_.pad_token_id; }
  const std::vector<std::int64_t>& suppressed_tokens() const override { return config_.suppressed_tokens; }
  bool renormalizes() const override { return false; }
  std::optional<std::int64_t> forced_end_of_text() const override { return config_.forced_eos_token_id; }
  const nn::Parameters& parameters() const override { return parameters_; }

  Tensor encode(const SequenceBatch& source, const nn::Context& context) const override;
  Tensor decode(const SequenceBatch& inputs, const Tensor& memory, const Tensor& memory_mask,
                const nn::Context& context) const override;
  nn::DecoderCache make_cache(const Tensor& memory, const Tensor& memory_mask, std::int64_t hypotheses,
                              std::int64_t capacity) const override;
  Tensor decode(const Tensor& ids, const nn::Context& context, nn::DecoderCache& cache) const override;
  Tensor logits(const Tensor& hidden) const override;
  Tensor loss(const SequenceBatch& source, const SequenceBatch& inputs, const Tensor& targets,
              double label_smoothing, const nn::Context& context) const override;
  Tensor token_losses(const SequenceBatch& source, const SequenceBatch& inputs, const Tensor& targets,
                      const nn::Context& context) const override;
  void save(const std::filesystem::path& directory) const override;

  // Binds every parameter to its tensor of the directory. What save() writes keeps the types stored there.
  void load(const std::filesystem::path& directory, const LoadOptions& options);

  // Allocates every parameter and draws its first values: initialize_t5().
  void initialize(Generator& generator) const;

 private:
  Tensor hidden_states(const SequenceBatch& source, const SequenceBatch& inputs,
                       const nn::Context& context) const;
  // The decoder's output as the output layer takes it.
  Tensor finish_decoder(const Tensor& x, const nn::Context& context) const;
  const Tensor& output_weight() const {
    return config_.tie_word_embeddings ? embedding_.weight : output_weight_;
  }

  T5Config config_;
  nn::Parameters parameters_;
  nn::Embedding embedding_;  // (V, D): source and target
  nn::Dropout dropout_;
  nn::RelativePositionBias encoder_bias_, decoder_bias_;  // (buckets, H)
  std::vector<T5Layer> encoder_;
  nn::RmsNorm encoder_norm_;
  std::vector<T5DecoderLayer> decoder_;
  nn::RmsNorm decoder_norm_;
  Tensor output_weight_;  // (V, D) when it is not the embedding
  StoredTypes stored_;
};

// Hugging Face's names (T5ForConditionalGeneration) for our parameters; `tied`: the output layer is the
// embedding.
const WeightTable& t5_weight_table(bool tied);

// Reads a directory. As in Hugging Face, the output layer is tied to the embedding unless the checkpoint
// holds another, whatever the configuration says.
std::unique_ptr<T5> load_t5(const std::filesystem::path& directory, const LoadOptions& options = {});

}  // namespace attune::models
