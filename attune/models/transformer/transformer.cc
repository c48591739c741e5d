#include "attune/models/transformer/transformer.h"

#include <algorithm>
#include <cmath>

#include "attune/nn/position.h"
#include "attune/ops/ops.h"

namespace attune::models {
namespace {

TransformerConfig validated(const TransformerConfig& config) {
  config.validate();
  return config;
}

template <typename Layer>
std::vector<Layer> stack(const nn::Scope& scope, std::int64_t count, const nn::LayerOptions& options) {
  std::vector<Layer> layers;
  for (std::int64_t i = 0; i < count; ++i) layers.emplace_back(scope / "layers" / i, options);
  return layers;
}

void expect_ids(const Tensor& ids, std::int64_t longest, const char* side) {
  check(ids.rank() == 2 && ids.dim(1) <= longest,
        "Transformer: the {} has shape {}, expected (B, tokens) with at most {} tokens "
        "(max_position_embeddings)",
        side, ids.shape(), longest);
}

bool is_zero(const Tensor& bias) {
  const float* values = bias.data<float>();
  return std::all_of(values, values + bias.elements(), [](float value) { return value == 0; });
}

}  // namespace

// Embeddings start with variance 1 / D, so that scaled by sqrt(D) they have that of the positions beside
// them.
Transformer::Transformer(const TransformerConfig& config)
    : config_(validated(config)),
      embedding_(nn::Scope(parameters_) / "embedding", config.vocab_size, config.d_model,
                 nn::Initializer::normal(1 / std::sqrt(static_cast<double>(config.d_model))),
                 config.pad_token_id),
      final_logits_bias_(
          nn::Scope(parameters_).buffer("final_logits_bias", {config.vocab_size}, nn::Initializer::zeros())),
      positions_(nn::sinusoidal_positions(0, config.max_position_embeddings, config.d_model,
                                          nn::SinusoidOrder::halves)),
      dropout_{config.dropout},
      encoder_(stack<nn::EncoderLayer>(nn::Scope(parameters_) / "encoder", config.encoder_layers,
                                       config.encoder())),
      decoder_(stack<nn::DecoderLayer>(nn::Scope(parameters_) / "decoder", config.decoder_layers,
                                       config.decoder())) {}

Tensor Transformer::embed(const Tensor& ids, std::int64_t first, const nn::Context& context) const {
  const double scale = config_.scale_embedding ? std::sqrt(static_cast<double>(config_.d_model)) : 1;
  const Tensor tokens = ops::scale(embedding_(ids), scale);                       // (B, T, D)
  const Tensor positions = ops::slice(positions_, 0, first, first + ids.dim(1));  // (T, D)
  return dropout_(ops::add(tokens, positions), context);
}

Tensor Transformer::encode(const SequenceBatch& source, const nn::Context& context) const {
  expect_ids(source.ids, max_source_length(), "source");
  ops::AttentionOptions mask;
  mask.key_mask = source.mask;
  Tensor x = embed(source.ids, 0, context);  // (B, S, D)
  for (const nn::EncoderLayer& layer : encoder_) x = layer(x, mask, context);
  return nn::for_products(x, context);
}

// The target's padding stands on the right, where no other position looks.
Tensor Transformer::decode(const SequenceBatch& inputs, const Tensor& memory, const Tensor& memory_mask,
                           const nn::Context& context) const {
  expect_ids(inputs.ids, max_target_length(), "target");
  Tensor x = embed(inputs.ids, 0, context);  // (B, T, D)
  for (const nn::DecoderLayer& layer : decoder_) x = layer(x, {memory, memory_mask}, context);
  return nn::for_products(x, context);
}

nn::DecoderCache Transformer::make_cache(const Tensor& memory, const Tensor& memory_mask,
                                         std::int64_t hypotheses, std::int64_t capacity) const {
  nn::DecoderCache cache({.layers = config_.decoder_layers,
                          .sources = memory.dim(0),
                          .hypotheses = hypotheses,
                          .capacity = capacity,
                          .heads = config_.decoder_attention_heads,
                          .head_width = config_.d_model / config_.decoder_attention_heads},
                         memory_mask);
  for (std::size_t i = 0; i < decoder_.size(); ++i) {
    decoder_[i].remember(memory, cache, static_cast<std::int64_t>(i));
  }
  return cache;
}

Tensor Transformer::decode(const Tensor& ids, const nn::Context& context, nn::DecoderCache& cache) const {
  check(cache.length() + ids.dim(1) <= max_target_length(),
        "Transformer: the target has {} tokens, expected at most {} (max_position_embeddings)",
        cache.length() + ids.dim(1), max_target_length());
  Tensor x = embed(ids, cache.length(), context);  // (B K, T, D)
  for (std::size_t i = 0; i < decoder_.size(); ++i) {
    x = decoder_[i](x, context, cache, static_cast<std::int64_t>(i));
  }
  cache.advance(ids.dim(1));
  return nn::for_products(x, context);
}

Tensor Transformer::logits(const Tensor& hidden) const {
  return ops::linear(hidden, embedding_.weight, final_logits_bias_);  // (..., V)
}

Transformer::OutputLayer Transformer::output_layer(const Tensor& hidden) const {
  if (!has_final_logits_bias_) has_final_logits_bias_ = !is_zero(final_logits_bias_);
  if (!*has_final_logits_bias_) return {hidden, embedding_.weight};
  // A bias is one more column of the weight, for an input that is always one.
  const Tensor column = ops::reshape(final_logits_bias_, {config_.vocab_size, 1});
  const Tensor one = Tensor::full(hidden.shape().with(-1, 1), 1);
  return {ops::concatenate({ops::cast(hidden, DType::float32), one}, -1),                 // (B, T, D + 1)
          ops::concatenate({ops::cast(embedding_.weight, DType::float32), column}, -1)};  // (V, D + 1)
}

Tensor Transformer::hidden_states(const SequenceBatch& source, const SequenceBatch& inputs,
                                  const nn::Context& context) const {
  return decode(inputs, encode(source, context), source.mask, context);
}

Tensor Transformer::loss(const SequenceBatch& source, const SequenceBatch& inputs, const Tensor& targets,
                         double label_smoothing, const nn::Context& context) const {
  const auto [input, weight] = output_layer(hidden_states(source, inputs, context));
  return ops::linear_cross_entropy(input, weight, targets, {.label_smoothing = label_smoothing});
}

Tensor Transformer::token_losses(const SequenceBatch& source, const SequenceBatch& inputs,
                                 const Tensor& targets, const nn::Context& context) const {
  const auto [input, weight] = output_layer(hidden_states(source, inputs, context));
  return ops::token_losses(input, weight, targets);  // (B, T)
}

const WeightTable& Transformer::weight_table() const { return transformer_weight_table(); }

void Transformer::save(const std::filesystem::path& directory) const {
  write_transformer_config(config_, directory);
  save_weights(parameters_, transformer_weight_table(), directory);
}

}  // namespace attune::models
