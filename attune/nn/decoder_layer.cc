#include "attune/nn/decoder_layer.h"

#include "attune/nn/residual.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

ops::AttentionOptions causal_mask() {
  ops::AttentionOptions mask;
  mask.causal = true;
  return mask;
}

}  // namespace

DecoderLayer::DecoderLayer(const Scope& scope, const LayerOptions& options,
                           const LayerInitializers& initializers)
    : self_attention_(scope / "self_attention", options.attention(), initializers.attention_input,
                      initializers.attention_output),
      self_attention_norm_(scope / "self_attention_norm", options.width, options.norm_epsilon),
      cross_attention_(scope / "cross_attention", {options.width, options.heads, options.attention_dropout},
                       initializers.attention_input, initializers.attention_output),
      cross_attention_norm_(scope / "cross_attention_norm", options.width, options.norm_epsilon),
      feed_forward_(scope / "feed_forward", options.width, options.hidden, options.activation,
                    initializers.expand, initializers.contract, options.activation_dropout),
      feed_forward_norm_(scope / "feed_forward_norm", options.width, options.norm_epsilon),
      dropout_{options.dropout} {}

template <typename SelfAttend, typename CrossAttend>
Tensor DecoderLayer::sublayers(const Tensor& x, const Context& context, SelfAttend&& self,
                               CrossAttend&& cross) const {
  const auto sublayer = [&](const Tensor& stream, const LayerNorm& norm, auto&& f) {
    return post_norm(stream, norm, context, [&](const Tensor& h) { return dropout_(f(h), context); });
  };
  const Tensor written = sublayer(x, self_attention_norm_, self);         // (B, T, D)
  const Tensor looked = sublayer(written, cross_attention_norm_, cross);  // (B, T, D)
  return sublayer(looked, feed_forward_norm_,
                  [&](const Tensor& h) { return feed_forward_(h, context); });  // (B, T, D)
}

Tensor DecoderLayer::operator()(const Tensor& x, const Memory& memory, const Context& context) const {
  return sublayers(
      x, context, [&](const Tensor& h) { return self_attention_(h, causal_mask(), context); },
      [&](const Tensor& h) { return cross_attention_(h, memory.values, memory.mask, context); });
}

Tensor DecoderLayer::last(const Tensor& x, std::int64_t count, const Memory& memory,
                          const Context& context) const {
  const Tensor asking = ops::contiguous(ops::slice(x, 1, x.dim(1) - count, x.dim(1)));  // (B, count, D)
  return sublayers(
      asking, context,
      [&](const Tensor&) {
        return self_attention_.last(for_products(x, context), count, causal_mask(), context);
      },
      [&](const Tensor& h) { return cross_attention_(h, memory.values, memory.mask, context); });
}

void DecoderLayer::remember(const Tensor& memory, DecoderCache& cache, std::int64_t index) const {
  cross_attention_.remember(memory, cache, index);
}

Tensor DecoderLayer::operator()(const Tensor& x, const Context& context, DecoderCache& cache,
                                std::int64_t index) const {
  return sublayers(
      x, context, [&](const Tensor& h) { return self_attention_(h, causal_mask(), context, cache, index); },
      [&](const Tensor& h) { return cross_attention_(h, cache, index); });
}

}  // namespace attune::nn
