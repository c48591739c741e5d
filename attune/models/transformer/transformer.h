// The Transformer of "Attention Is All You Need" (Vaswani et al., 1706.03762, section 3): an encoder and a
// decoder, stacks of layers that attend and normalise after each residual sum.
//
// The details follow Marian (Junczys-Dowmunt et al., 1804.00344), so that Hugging Face's MarianMTModel and
// this are the same model: one table of embeddings for source, target and output, positions in halves.
//
// Shapes: B sources, K hypotheses of each, S source tokens, T target tokens, D width (d_model), V vocabulary.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "attune/models/sequence_to_sequence_model.h"
#include "attune/models/transformer/config.h"
#include "attune/nn/decoder_layer.h"
#include "attune/nn/embedding.h"
#include "attune/nn/encoder_layer.h"

namespace attune::models {

class Transformer : public SequenceToSequenceModel {
 public:
  explicit Transformer(const TransformerConfig& config);

  const TransformerConfig& config() const { return config_; }

  std::int64_t max_source_length() const override { return config_.max_position_embeddings; }
  std::int64_t max_target_length() const override { return config_.max_position_embeddings; }
  std::int64_t vocab_size() const override { return config_.vocab_size; }
  std::int64_t decoder_start_token() const override { return config_.decoder_start_token_id; }
  std::int64_t end_of_text() const override { return config_.eos_token_id; }
  std::int64_t padding_token() const override { return config_.pad_token_id; }
  const std::vector<std::int64_t>& suppressed_tokens() const override { return config_.suppressed_tokens; }
  bool renormalizes() const override { return config_.renormalize_logits; }
  std::optional<std::int64_t> forced_end_of_text() const override { return config_.forced_eos_token_id; }
  const nn::Parameters& parameters() const override { return parameters_; }
  const WeightTable& weight_table() const override;

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

  const std::vector<nn::EncoderLayer>& encoder() const { return encoder_; }
  const std::vector<nn::DecoderLayer>& decoder() const { return decoder_; }

  // Embeddings and positions, the input of either stack: ids (B, T), of which the first stands at position
  // `first` -> (B, T, D) (sections 3.4 and 3.5).
  Tensor embed(const Tensor& ids, std::int64_t first, const nn::Context& context) const;

 private:
  struct OutputLayer {
    Tensor input, weight;
  };
  // The product that gives the logits, without a bias beside it. Whether there is a bias is decided by the
  // first call, when the model has its weights, as it is never trained.
  OutputLayer output_layer(const Tensor& hidden) const;
  Tensor hidden_states(const SequenceBatch& source, const SequenceBatch& inputs,
                       const nn::Context& context) const;

  TransformerConfig config_;
  nn::Parameters parameters_;
  nn::Embedding embedding_;   // (V, D): source, target and output (section 3.4)
  Tensor final_logits_bias_;  // (V), never trained; zero but in some of OPUS-MT's models
  mutable std::optional<bool> has_final_logits_bias_;  // that is not zero
  Tensor positions_;                                   // (max_position_embeddings, D) (section 3.5)
  nn::Dropout dropout_;
  std::vector<nn::EncoderLayer> encoder_;
  std::vector<nn::DecoderLayer> decoder_;
};

// Hugging Face's names (MarianMTModel) for our parameters.
const WeightTable& transformer_weight_table();

}  // namespace attune::models
