#include "attune/models/gpt/gpt.h"

#include "attune/ops/linear_cross_entropy/linear_cross_entropy.h"

namespace attune::models {
namespace {

// All weights start normal with 0.02 (section 4.1).
nn::Initializer weight_initializer(const GptConfig& config) {
  return nn::Initializer::normal(config.initializer_range);
}

ops::AttentionOptions causal_mask() {
  ops::AttentionOptions mask;
  mask.causal = true;
  return mask;
}

GptConfig validated(const GptConfig& config) {
  config.validate();
  return config;
}

}  // namespace

GptLayer::GptLayer(const nn::Scope& scope, const GptConfig& config)
    : attention_(scope / "attention", {config.n_embd, config.n_head, config.attn_pdrop},
                 weight_initializer(config), weight_initializer(config)),
      attention_norm_(scope / "attention_norm", config.n_embd, config.layer_norm_epsilon),
      feed_forward_(scope / "feed_forward", config.n_embd, config.feed_forward_width(), config.afn,
                    weight_initializer(config), weight_initializer(config)),
      feed_forward_norm_(scope / "feed_forward_norm", config.n_embd, config.layer_norm_epsilon),
      dropout_{config.resid_pdrop} {}

template <typename Attend>
Tensor GptLayer::sublayers(const Tensor& x, const nn::Context& context, Attend&& attend) const {
  const Tensor attended = nn::post_norm(x, attention_norm_, context, [&](const Tensor& h) {
    return dropout_(attend(h), context);
  });  // (B, T, D)
  return nn::post_norm(attended, feed_forward_norm_, context,
                       [&](const Tensor& h) { return dropout_(feed_forward_(h), context); });  // (B, T, D)
}

Tensor GptLayer::operator()(const Tensor& x, const ops::AttentionOptions& mask,
                            const nn::Context& context) const {
  return sublayers(x, context, [&](const Tensor& h) { return attention_(h, mask, context); });
}

Tensor GptLayer::operator()(const Tensor& x, const ops::AttentionOptions& mask, const nn::Context& context,
                            nn::KeyValueCache& cache, std::int64_t index) const {
  return sublayers(x, context, [&](const Tensor& h) { return attention_(h, mask, context, cache, index); });
}

Gpt::Gpt(const GptConfig& config)
    : config_(validated(config)),
      token_embedding_(nn::Scope(parameters_) / "token_embedding", config.vocab_size, config.n_embd,
                       weight_initializer(config)),
      position_embedding_(nn::Scope(parameters_) / "position_embedding", config.n_positions, config.n_embd,
                          weight_initializer(config)),
      dropout_{config.embd_pdrop} {
  for (std::int64_t i = 0; i < config.n_layer; ++i)
    layers_.emplace_back(nn::Scope(parameters_) / "layers" / i, config);
}

Tensor Gpt::embed(const Tensor& ids, const Tensor& positions, const nn::Context& context) const {
  const Tensor x = ops::add(token_embedding_(ids), position_embedding_(positions));  // (B, T, D)
  return dropout_(x, context);
}

Tensor Gpt::hidden_states(const Tensor& ids, const nn::Context& context) const {
  check(ids.rank() == 2 && ids.dim(1) <= config_.n_positions,
        "GPT: ids have shape {}, expected (B, T) with T up to the context of {}", ids.shape(),
        config_.n_positions);
  Tensor x = embed(ids, Tensor::arange(ids.dim(1)), context);  // (B, T, D)
  for (const GptLayer& layer : layers_) x = layer(x, causal_mask(), context);
  return nn::for_products(x, context);
}

Tensor Gpt::hidden_states(const Tensor& ids, const TokenPositions& where, const nn::Context& context,
                          nn::KeyValueCache& cache) const {
  ops::AttentionOptions mask = causal_mask();
  mask.key_mask = where.key_mask;
  Tensor x = embed(ids, where.positions, context);  // (B, T, D)
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = layers_[i](x, mask, context, cache, static_cast<std::int64_t>(i));
  }
  cache.advance(ids.dim(1));
  return nn::for_products(x, context);
}

Tensor Gpt::logits(const Tensor& hidden) const { return ops::linear(hidden, token_embedding_.weight); }

Tensor Gpt::loss(const Tensor& ids, const Tensor& targets, const nn::Context& context) const {
  return ops::linear_cross_entropy(hidden_states(ids, context), token_embedding_.weight, targets);
}

Tensor Gpt::token_losses(const Tensor& ids, const Tensor& targets, const nn::Context& context) const {
  return ops::token_losses(hidden_states(ids, context), token_embedding_.weight, targets);
}

nn::KeyValueCache Gpt::make_cache(std::int64_t batch, std::int64_t capacity) const {
  return nn::KeyValueCache(config_.n_layer, batch, capacity, config_.n_head, config_.n_embd / config_.n_head);
}

void Gpt::save(const std::filesystem::path& directory) const {
  write_gpt_config(config_, directory);
  save_weights(parameters_, gpt_weight_table(), directory, stored_);
}

const WeightTable& gpt_weight_table() {
  constexpr auto transposed = WeightRule::Layout::transposed;  // HF's Conv1D stores (in, out)
  static const WeightTable table = {
      .prefixes = {"transformer.", ""},
      .rules =
          {
              {.ours = "token_embedding.weight",
               .checkpoint = "tokens_embed.weight",
               .ties = {"lm_head.weight"}},
              {"position_embedding.weight", "positions_embed.weight"},
              {"layers.{}.attention.query_key_value.weight", "h.{}.attn.c_attn.weight", transposed},
              {"layers.{}.attention.query_key_value.bias", "h.{}.attn.c_attn.bias"},
              {"layers.{}.attention.output.weight", "h.{}.attn.c_proj.weight", transposed},
              {"layers.{}.attention.output.bias", "h.{}.attn.c_proj.bias"},
              {"layers.{}.attention_norm.weight", "h.{}.ln_1.weight"},
              {"layers.{}.attention_norm.bias", "h.{}.ln_1.bias"},
              {"layers.{}.feed_forward.expand.weight", "h.{}.mlp.c_fc.weight", transposed},
              {"layers.{}.feed_forward.expand.bias", "h.{}.mlp.c_fc.bias"},
              {"layers.{}.feed_forward.contract.weight", "h.{}.mlp.c_proj.weight", transposed},
              {"layers.{}.feed_forward.contract.bias", "h.{}.mlp.c_proj.bias"},
              {"layers.{}.feed_forward_norm.weight", "h.{}.ln_2.weight"},
              {"layers.{}.feed_forward_norm.bias", "h.{}.ln_2.bias"},
          },
      // The mask and the positions, which early versions saved as buffers.
      .ignored = {"h.{}.attn.bias", "position_ids"},
  };
  return table;
}

}  // namespace attune::models
