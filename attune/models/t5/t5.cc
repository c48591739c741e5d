#include "attune/models/t5/t5.h"

#include <algorithm>
#include <cmath>

#include "attune/models/own_output.h"
#include "attune/ops/ops.h"

namespace attune::models {
namespace {

T5Config validated(const T5Config& config) {
  config.validate();
  return config;
}

template <typename Layer>
std::vector<Layer> stack(const nn::Scope& scope, std::int64_t count, const T5Config& config) {
  std::vector<Layer> layers;
  for (std::int64_t i = 0; i < count; ++i) layers.emplace_back(scope / "layers" / i, config);
  return layers;
}

void expect_ids(const Tensor& ids, const char* side) {
  check(ids.rank() == 2, "T5: the {} has shape {}, expected (B, tokens)", side, ids.shape());
}

}  // namespace

T5::T5(const T5Config& config)
    : config_(validated(config)),
      embedding_(nn::Scope(parameters_) / "embedding", config.vocab_size, config.d_model,
                 nn::Initializer::normal(config.initializer_factor)),
      dropout_{config.dropout_rate},
      encoder_bias_(t5_position_bias(nn::Scope(parameters_) / "encoder" / "position_bias", config, true)),
      decoder_bias_(t5_position_bias(nn::Scope(parameters_) / "decoder" / "position_bias", config, false)),
      encoder_(stack<T5Layer>(nn::Scope(parameters_) / "encoder", config.num_layers, config)),
      encoder_norm_(nn::Scope(parameters_) / "encoder" / "final_norm", config.d_model,
                    config.layer_norm_epsilon),
      decoder_(stack<T5DecoderLayer>(nn::Scope(parameters_) / "decoder", config.num_decoder_layers, config)),
      decoder_norm_(nn::Scope(parameters_) / "decoder" / "final_norm", config.d_model,
                    config.layer_norm_epsilon) {
  if (!config.tie_word_embeddings) {
    output_weight_ = (nn::Scope(parameters_) / "output")
                         .parameter("weight", {config.vocab_size, config.d_model},
                                    nn::Initializer::normal(config.initializer_factor));
  }
}

Tensor T5::encode(const SequenceBatch& source, const nn::Context& context) const {
  expect_ids(source.ids, "source");
  const std::int64_t length = source.ids.dim(1);
  ops::AttentionOptions mask;
  mask.key_mask = source.mask;
  mask.bias = encoder_bias_(0, length, length);          // (H, S, S)
  Tensor x = dropout_(embedding_(source.ids), context);  // (B, S, D)
  for (const T5Layer& layer : encoder_) x = layer(x, mask, context);
  return dropout_(encoder_norm_(x, context), context);
}

// The target's padding stands on the right, where no other position looks.
Tensor T5::decode(const SequenceBatch& inputs, const Tensor& memory, const Tensor& memory_mask,
                  const nn::Context& context) const {
  expect_ids(inputs.ids, "target");
  const std::int64_t length = inputs.ids.dim(1);
  ops::AttentionOptions mask;
  mask.causal = true;
  mask.bias = decoder_bias_(0, length, length);          // (H, T, T)
  Tensor x = dropout_(embedding_(inputs.ids), context);  // (B, T, D)
  for (const T5DecoderLayer& layer : decoder_) x = layer(x, mask, {memory, memory_mask}, context);
  return finish_decoder(x, context);
}

Tensor T5::finish_decoder(const Tensor& x, const nn::Context& context) const {
  const Tensor normed = dropout_(decoder_norm_(x, context), context);  // (B, T, D)
  return config_.scale_decoder_outputs
             ? ops::scale(normed, 1 / std::sqrt(static_cast<double>(config_.d_model)))
             : normed;
}

nn::DecoderCache T5::make_cache(const Tensor& memory, const Tensor& memory_mask, std::int64_t hypotheses,
                                std::int64_t capacity) const {
  nn::DecoderCache cache({.layers = config_.num_decoder_layers,
                          .sources = memory.dim(0),
                          .hypotheses = hypotheses,
                          .capacity = capacity,
                          .heads = config_.num_heads,
                          .head_width = config_.d_kv},
                         memory_mask);
  for (std::size_t i = 0; i < decoder_.size(); ++i)
    decoder_[i].remember(memory, cache, static_cast<std::int64_t>(i));
  return cache;
}

Tensor T5::decode(const Tensor& ids, const nn::Context& context, nn::DecoderCache& cache) const {
  const std::int64_t before = cache.length(), added = ids.dim(1);
  ops::AttentionOptions mask;
  mask.causal = true;
  mask.bias = decoder_bias_(before, added, before + added);  // (H, T, length + T)
  Tensor x = embedding_(ids);                                // (B K, T, D)
  for (std::size_t i = 0; i < decoder_.size(); ++i)
    x = decoder_[i](x, mask, context, cache, static_cast<std::int64_t>(i));
  cache.advance(added);
  return finish_decoder(x, context);
}

Tensor T5::logits(const Tensor& hidden) const { return ops::linear(hidden, output_weight()); }  // (..., V)

Tensor T5::hidden_states(const SequenceBatch& source, const SequenceBatch& inputs,
                         const nn::Context& context) const {
  return decode(inputs, encode(source, context), source.mask, context);
}

Tensor T5::loss(const SequenceBatch& source, const SequenceBatch& inputs, const Tensor& targets,
                double label_smoothing, const nn::Context& context) const {
  return ops::linear_cross_entropy(hidden_states(source, inputs, context), output_weight(), targets,
                                   {.label_smoothing = label_smoothing});
}

Tensor T5::token_losses(const SequenceBatch& source, const SequenceBatch& inputs, const Tensor& targets,
                        const nn::Context& context) const {
  return ops::token_losses(hidden_states(source, inputs, context), output_weight(), targets);  // (B, T)
}

void T5::initialize(Generator& generator) const { initialize_t5(parameters_, config_, generator); }

void T5::load(const std::filesystem::path& directory, const LoadOptions& options) {
  stored_ =
      load_weights(parameters_, t5_weight_table(config_.tie_word_embeddings), directory, options).stored;
}

const WeightTable& T5::weight_table() const { return t5_weight_table(config_.tie_word_embeddings); }

void T5::save(const std::filesystem::path& directory) const {
  const io::StoredType type =
      save_weights(parameters_, t5_weight_table(config_.tie_word_embeddings), directory, stored_);
  write_t5_config(config_, directory, type);
}

std::unique_ptr<T5> load_t5(const std::filesystem::path& directory, const LoadOptions& options) {
  T5Config config = read_t5_config(directory);
  config.tie_word_embeddings = !has_own_output(directory, "lm_head.weight", {"shared.weight"});
  auto model = std::make_unique<T5>(config);
  model->load(directory, options);
  return model;
}

}  // namespace attune::models
