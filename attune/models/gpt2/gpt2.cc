#include "attune/models/gpt2/gpt2.h"

#include <cmath>

#include "attune/ops/linear_cross_entropy/linear_cross_entropy.h"

namespace attune::models {
namespace {

using nn::Initializer;

// Weights start normal with 0.02; those that add to the residual stream are divided by the square root of the
// number of residual layers (2019, section 2.3).
Initializer weight_initializer(const Gpt2Config& config) {
  return Initializer::normal(config.initializer_range);
}

Initializer residual_initializer(const Gpt2Config& config) {
  return Initializer::normal(config.initializer_range / std::sqrt(2.0 * static_cast<double>(config.n_layer)));
}

ops::AttentionOptions causal_mask() {
  ops::AttentionOptions mask;
  mask.causal = true;
  return mask;
}

Gpt2Config validated(const Gpt2Config& config) {
  config.validate();
  return config;
}

}  // namespace

Gpt2Layer::Gpt2Layer(const nn::Scope& scope, const Gpt2Config& config)
    : attention_norm_(scope / "attention_norm", config.n_embd, config.layer_norm_epsilon),
      attention_(scope / "attention", {config.n_embd, config.n_head, config.attn_pdrop},
                 weight_initializer(config), residual_initializer(config)),
      feed_forward_norm_(scope / "feed_forward_norm", config.n_embd, config.layer_norm_epsilon),
      feed_forward_(scope / "feed_forward", config.n_embd, config.n_inner, config.activation_function,
                    weight_initializer(config), residual_initializer(config)),
      dropout_{config.resid_pdrop} {}

Tensor Gpt2Layer::operator()(const Tensor& x, const ops::AttentionOptions& mask,
                             const nn::Context& context) const {
  const Tensor attended = attention_(attention_norm_(x, context), mask, context);  // (B, T, D)
  return feed_forward_sublayer(x, attended, context);
}

Tensor Gpt2Layer::operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context,
                             nn::KeyValueCache& cache, std::int64_t index) const {
  const Tensor attended = attention_(attention_norm_(x, context), mask, context, cache, index);  // (B, T, D)
  return feed_forward_sublayer(x, attended, context);
}

Tensor Gpt2Layer::feed_forward_sublayer(const Tensor& x, const Tensor& attended,
                                        const nn::Context& context) const {
  const auto [sum, normed] =
      feed_forward_norm_.of_sum(x, dropout_(attended, context), context);  // (B, T, D) both
  return ops::add(sum, dropout_(feed_forward_(normed), context));
}

Gpt2::Gpt2(const Gpt2Config& config)
    : config_(validated(config)),
      token_embedding_(nn::Scope(parameters_) / "token_embedding", config.vocab_size, config.n_embd,
                       weight_initializer(config)),
      position_embedding_(nn::Scope(parameters_) / "position_embedding", config.n_positions, config.n_embd,
                          weight_initializer(config)),
      dropout_{config.embd_pdrop},
      layers_([&] {
        std::vector<Gpt2Layer> layers;
        for (std::int64_t i = 0; i < config.n_layer; ++i) {
          layers.emplace_back(nn::Scope(parameters_) / "layers" / i, config);
        }
        return layers;
      }()),
      final_norm_(nn::Scope(parameters_) / "final_norm", config.n_embd, config.layer_norm_epsilon) {
  if (!tied()) {
    output_weight_ = (nn::Scope(parameters_) / "output")
                         .parameter("weight", {config.vocab_size, config.n_embd}, weight_initializer(config));
  }
}

Tensor Gpt2::embed(const Tensor& ids, const Tensor& positions, const nn::Context& context) const {
  const Tensor x = ops::add(token_embedding_(ids), position_embedding_(positions));  // (B, T, D)
  return dropout_(x, context);
}

Tensor Gpt2::hidden_states(const Tensor& ids, const nn::Context& context) const {
  check(ids.rank() == 2 && ids.dim(1) <= config_.n_positions,
        "GPT-2: ids have shape {}, expected (B, T) with T up to the context of {}", ids.shape(),
        config_.n_positions);
  Tensor x = embed(ids, Tensor::arange(ids.dim(1)), context);  // (B, T, D)
  for (const Gpt2Layer& layer : layers_) x = layer(x, causal_mask(), context);
  return final_norm_(x, context);
}

Tensor Gpt2::hidden_states(const Tensor& ids, const TokenPositions& where, const nn::Context& context,
                           nn::KeyValueCache& cache) const {
  ops::AttentionOptions mask = causal_mask();
  mask.key_mask = where.key_mask;
  Tensor x = embed(ids, where.positions, context);  // (B, T, D)
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i](x, mask, context, cache, static_cast<std::int64_t>(i));
  }
  cache.advance(ids.dim(1));
  return final_norm_(x, context);
}

Tensor Gpt2::logits(const Tensor& hidden) const { return ops::linear(hidden, output_weight()); }  // (..., V)

Tensor Gpt2::loss(const Tensor& ids, const Tensor& targets, const nn::Context& context) const {
  return ops::linear_cross_entropy(hidden_states(ids, context), output_weight(), targets);
}

Tensor Gpt2::token_losses(const Tensor& ids, const Tensor& targets, const nn::Context& context) const {
  return ops::token_losses(hidden_states(ids, context), output_weight(), targets);
}

nn::KeyValueCache Gpt2::make_cache(std::int64_t batch, std::int64_t capacity) const {
  return nn::KeyValueCache(config_.n_layer, batch, capacity, config_.n_head, config_.n_embd / config_.n_head);
}

void Gpt2::save(const std::filesystem::path& directory) const {
  write_gpt2_config(config_, directory);
  save_weights(parameters_, gpt2_weight_table(), directory, stored_);
}

const WeightTable& gpt2_weight_table() {
  constexpr auto transposed = WeightRule::Layout::transposed;  // HF's Conv1D stores (in, out)
  constexpr auto same = WeightRule::Layout::same;
  static const WeightTable table = {
      .prefixes = {"transformer.", ""},
      .rules =
          {
              {"token_embedding.weight", "wte.weight"},
              {"position_embedding.weight", "wpe.weight"},
              {"layers.{}.attention_norm.weight", "h.{}.ln_1.weight"},
              {"layers.{}.attention_norm.bias", "h.{}.ln_1.bias"},
              {"layers.{}.attention.query_key_value.weight", "h.{}.attn.c_attn.weight", transposed},
              {"layers.{}.attention.query_key_value.bias", "h.{}.attn.c_attn.bias"},
              {"layers.{}.attention.output.weight", "h.{}.attn.c_proj.weight", transposed},
              {"layers.{}.attention.output.bias", "h.{}.attn.c_proj.bias"},
              {"layers.{}.feed_forward_norm.weight", "h.{}.ln_2.weight"},
              {"layers.{}.feed_forward_norm.bias", "h.{}.ln_2.bias"},
              {"layers.{}.feed_forward.expand.weight", "h.{}.mlp.c_fc.weight", transposed},
              {"layers.{}.feed_forward.expand.bias", "h.{}.mlp.c_fc.bias"},
              {"layers.{}.feed_forward.contract.weight", "h.{}.mlp.c_proj.weight", transposed},
              {"layers.{}.feed_forward.contract.bias", "h.{}.mlp.c_proj.bias"},
              {"final_norm.weight", "ln_f.weight"},
              {"final_norm.bias", "ln_f.bias"},
              {"output.weight", "lm_head.weight", same, /*prefixed=*/false},
          },
      // Masks that early versions saved as buffers; and the tied output layer, which is wte.
      .ignored = {"h.{}.attn.bias", "h.{}.attn.masked_bias", "lm_head.weight"},
  };
  return table;
}

}  // namespace attune::models
