#include "attune/models/prefix_lm/prefix_lm.h"

#include <cmath>

#include "attune/ops/ops.h"

namespace attune::models {
namespace {

PrefixLmConfig validated(const PrefixLmConfig& config) {
  config.validate();
  return config;
}

}  // namespace

PrefixLanguageModel::PrefixLanguageModel(const PrefixLmConfig& config)
    : config_(validated(config)),
      embedding_(nn::Scope(parameters_) / "embedding", config.blocks.vocab_size, config.blocks.d_model,
                 nn::Initializer::normal(config.blocks.initializer_factor)),
      dropout_{config.blocks.dropout_rate},
      position_bias_(t5_position_bias(nn::Scope(parameters_) / "position_bias", config.blocks, true)),
      layers_([&] {
        std::vector<T5Layer> layers;
        for (std::int64_t i = 0; i < config.blocks.num_layers; ++i)
          layers.emplace_back(nn::Scope(parameters_) / "layers" / i, config.blocks);
        return layers;
      }()),
      final_norm_(nn::Scope(parameters_) / "final_norm", config.blocks.d_model,
                  config.blocks.layer_norm_epsilon) {
  if (!config.blocks.tie_word_embeddings) {
    output_weight_ = (nn::Scope(parameters_) / "output")
                         .parameter("weight", {config.blocks.vocab_size, config.blocks.d_model},
                                    nn::Initializer::normal(config.blocks.initializer_factor));
  }
}

Tensor PrefixLanguageModel::forward(const Tensor& ids, const ops::AttentionOptions& seen,
                                    const nn::Context& context) const {
  check(ids.rank() == 2 && ids.dim(1) <= config_.n_positions,
        "prefix language model: ids have shape {}, expected (B, T) with T up to the context of {}",
        ids.shape(), config_.n_positions);
  ops::AttentionOptions mask = seen;
  mask.causal = true;
  mask.bias = position_bias_(0, ids.dim(1), ids.dim(1));  // (H, T, T)
  Tensor x = dropout_(embedding_(ids), context);          // (B, T, D)
  for (const T5Layer& layer : layers_) x = layer(x, mask, context);
  return finish(x, context);
}

Tensor PrefixLanguageModel::finish(const Tensor& x, const nn::Context& context) const {
  const Tensor normed = dropout_(final_norm_(x, context), context);  // (B, T, D)
  return config_.blocks.scale_decoder_outputs
             ? ops::scale(normed, 1 / std::sqrt(static_cast<double>(config_.blocks.d_model)))
             : normed;
}

Tensor PrefixLanguageModel::hidden_states(const Tensor& ids, const Tensor& prefix,
                                          const nn::Context& context) const {
  ops::AttentionOptions mask;
  mask.prefix = prefix;
  return forward(ids, mask, context);
}

Tensor PrefixLanguageModel::hidden_states(const Tensor& ids, const nn::Context& context) const {
  return forward(ids, {}, context);
}

Tensor PrefixLanguageModel::hidden_states(const Tensor& ids, const TokenPositions& where,
                                          const nn::Context& context, nn::KeyValueCache& cache) const {
  const std::int64_t before = cache.length(), added = ids.dim(1);
  ops::AttentionOptions mask;
  mask.causal = true;
  mask.key_mask = where.key_mask;
  if (before == 0) mask.prefix = Tensor::full({ids.dim(0)}, static_cast<double>(added), DType::int64);
  // Padding stands on the left, so that distances are those of the sequences themselves.
  mask.bias = position_bias_(before, added, before + added);  // (H, T, length + T)
  Tensor x = embedding_(ids);                                 // (B, T, D)
  for (std::size_t i = 0; i < layers_.size(); ++i)
    x = layers_[i](x, mask, context, cache, static_cast<std::int64_t>(i));
  cache.advance(added);
  return finish(x, context);
}

Tensor PrefixLanguageModel::logits(const Tensor& hidden) const {
  return ops::linear(hidden, output_weight());  // (..., V)
}

Tensor PrefixLanguageModel::loss(const Tensor& ids, const Tensor& prefix, const Tensor& targets,
                                 const nn::Context& context) const {
  return ops::linear_cross_entropy(hidden_states(ids, prefix, context), output_weight(), targets);
}

Tensor PrefixLanguageModel::loss(const Tensor& ids, const Tensor& targets, const nn::Context& context) const {
  return ops::linear_cross_entropy(hidden_states(ids, context), output_weight(), targets);
}

Tensor PrefixLanguageModel::token_losses(const Tensor& ids, const Tensor& targets,
                                         const nn::Context& context) const {
  return ops::token_losses(hidden_states(ids, context), output_weight(), targets);  // (B, T)
}

nn::KeyValueCache PrefixLanguageModel::make_cache(std::int64_t batch, std::int64_t capacity) const {
  return nn::KeyValueCache(config_.blocks.num_layers, batch, capacity, config_.blocks.num_heads,
                           config_.blocks.d_kv);
}

void PrefixLanguageModel::initialize(Generator& generator) const {
  initialize_t5(parameters_, config_.blocks, generator);
}

void PrefixLanguageModel::load(const std::filesystem::path& directory, const LoadOptions& options) {
  stored_ = load_weights(parameters_, prefix_lm_weight_table(), directory, options).stored;
}

void PrefixLanguageModel::save(const std::filesystem::path& directory) const {
  const io::StoredType type = save_weights(parameters_, prefix_lm_weight_table(), directory, stored_);
  write_prefix_lm_config(config_, directory, type);
}

const WeightTable& prefix_lm_weight_table() {
  static const WeightTable table = {
      .prefixes = {""},
      .rules =
          {{"embedding.weight", "shared.weight"},
           {"output.weight", "lm_head.weight"},
           {"position_bias.weight", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"},
           {.ours = "layers.{}.self_attention.query_key_value.weight",
            .checkpoint = "decoder.block.{}.layer.0.SelfAttention.*.weight",
            .parts = {"q", "k", "v"}},
           {"layers.{}.self_attention.output.weight", "decoder.block.{}.layer.0.SelfAttention.o.weight"},
           {"layers.{}.self_attention_norm.weight", "decoder.block.{}.layer.0.layer_norm.weight"},
           {"layers.{}.feed_forward.expand.weight", "decoder.block.{}.layer.1.DenseReluDense.wi.weight"},
           {"layers.{}.feed_forward.gate.weight", "decoder.block.{}.layer.1.DenseReluDense.wi_0.weight"},
           {"layers.{}.feed_forward.value.weight", "decoder.block.{}.layer.1.DenseReluDense.wi_1.weight"},
           {"layers.{}.feed_forward.contract.weight", "decoder.block.{}.layer.1.DenseReluDense.wo.weight"},
           {"layers.{}.feed_forward_norm.weight", "decoder.block.{}.layer.1.layer_norm.weight"},
           {"final_norm.weight", "decoder.final_layer_norm.weight"}},
      .ignored = {}};
  return table;
}

std::unique_ptr<PrefixLanguageModel> load_prefix_lm(const std::filesystem::path& directory,
                                                    const LoadOptions& options) {
  auto model = std::make_unique<PrefixLanguageModel>(read_prefix_lm_config(directory));
  model->load(directory, options);
  return model;
}

}  // namespace attune::models
