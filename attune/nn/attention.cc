#include "attune/nn/attention.h"

#include "attune/nn/attention_weights.h"
#include "attune/ops/beam_attention/beam_attention.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

// H Dh
std::int64_t inner_width(const SelfAttention::Options& options) {
  return options.head_width > 0 ? options.heads * options.head_width : options.width;
}

// One of queries (0), keys (1), values (2): a window (B, T, H, Dh) on qkv (B, T, 3, H, Dh).
Tensor part(const Tensor& qkv, std::int64_t index) {
  const Tensor window = ops::slice(qkv, 2, index, index + 1);  // (B, T, 1, H, Dh)
  return ops::reshape(window, {qkv.dim(0), qkv.dim(1), qkv.dim(3), qkv.dim(4)});
}

}  // namespace

SelfAttention::SelfAttention(const Scope& scope, const Options& options, Initializer input,
                             Initializer output)
    : query_key_value(scope / "query_key_value", options.width, 3 * inner_width(options), input,
                      options.with_bias),
      output(scope / "output", inner_width(options), options.width, output, options.with_bias),
      heads_(options.heads),
      scale_(options.scale),
      dropout_{options.dropout} {
  check(options.heads > 0 && inner_width(options) % options.heads == 0,
        "multi-head attention: a width of {} cannot be divided among {} heads", options.width, options.heads);
}

Tensor SelfAttention::project(const Tensor& x) const {
  const Tensor qkv = query_key_value(x);  // (B, T, 3 H Dh)
  return ops::reshape(qkv, {x.dim(0), x.dim(1), 3, heads_, qkv.dim(2) / (3 * heads_)});
}

Tensor SelfAttention::project(const Tensor& x, std::int64_t begin, std::int64_t end) const {
  const std::int64_t width = query_key_value.weight.dim(0) / 3;  // H Dh
  const auto rows = [&](const Tensor& all) {
    return all.defined() ? ops::slice(all, 0, begin * width, end * width) : all;
  };
  const Tensor some = ops::linear(x, rows(query_key_value.weight), rows(query_key_value.bias));
  return ops::reshape(some, {x.dim(0), x.dim(1), end - begin, heads_, width / heads_});
}

Tensor SelfAttention::merge_heads(const Tensor& heads) const {
  return output(ops::reshape(heads, {heads.dim(0), heads.dim(1), -1}));  // (B, T, H, Dh) -> (B, T, D)
}

Tensor SelfAttention::operator()(const Tensor& x, ops::AttentionOptions mask, const Context& context) const {
  if (context.attention != nullptr) context.attention->self.push_back(weights(x, mask));
  const Tensor qkv = project(x);  // (B, T, 3, H, Dh)
  if (scoring_)
    return merge_heads(soft_lookup(scoring_, part(qkv, 0), part(qkv, 1), part(qkv, 2), mask).values);
  mask.scale = scale_;
  mask.dropout = context.training ? dropout_.probability : 0;
  mask.generator = context.random;
  return merge_heads(ops::attention_fused(qkv, mask));
}

Tensor SelfAttention::operator()(const Tensor& x, ops::AttentionOptions mask, const Context& context,
                                 KeyValueCache& cache, std::int64_t layer) const {
  const Tensor qkv = project(x);                                                // (B, T, 3, H, Dh)
  const auto [keys, values] = cache.extend(layer, part(qkv, 1), part(qkv, 2));  // (B, length + T, H, Dh)
  if (scoring_) return merge_heads(soft_lookup(scoring_, part(qkv, 0), keys, values, mask).values);
  mask.scale = scale_;
  return merge_heads(ops::attention(part(qkv, 0), keys, values, mask));
}

Tensor SelfAttention::operator()(const Tensor& x, ops::AttentionOptions mask, const Context& context,
                                 DecoderCache& cache, std::int64_t layer) const {
  mask.scale = scale_;
  const Tensor qkv = project(x);                                                // (B K, T, 3, H, Dh)
  const auto [keys, values] = cache.extend(layer, part(qkv, 1), part(qkv, 2));  // (B K, length + T, H, Dh)
  const Tensor ancestry = cache.ancestry(keys.dim(1));                          // (B K, length + T)
  if (!ancestry.defined()) return merge_heads(ops::attention(part(qkv, 0), keys, values, mask));
  return merge_heads(
      ops::beam_attention(part(qkv, 0), keys, values, ancestry, {.scale = scale_, .bias = mask.bias}));
}

Tensor SelfAttention::last(const Tensor& x, std::int64_t count, ops::AttentionOptions mask,
                           const Context& context) const {
  check(count >= 0 && count <= x.dim(1) && !scoring_ && context.attention == nullptr,
        "self-attention: the last {} of {} positions look by the scaled dot product, without handing weights "
        "out",
        count, x.dim(1));
  mask.scale = scale_;
  mask.dropout = context.training ? dropout_.probability : 0;
  mask.generator = context.random;
  const std::int64_t begin = x.dim(1) - count;
  if (query_key_value.packed) {                                           // as a whole
    const Tensor qkv = project(x);                                        // (B, T, 3, H, Dh)
    const Tensor queries = ops::slice(part(qkv, 0), 1, begin, x.dim(1));  // (B, count, H, Dh)
    return merge_heads(ops::attention_fused(queries, ops::slice(qkv, 2, 1, 3), mask));
  }
  const Tensor asking = ops::contiguous(ops::slice(x, 1, begin, x.dim(1)));  // (B, count, D)
  const Tensor queries = project(asking, 0, 1);                              // (B, count, 1, H, Dh)
  return merge_heads(ops::attention_fused(part(queries, 0), project(x, 1, 3), mask));
}

Tensor SelfAttention::weights(const Tensor& x, ops::AttentionOptions mask) const {
  const Tensor qkv = project(x);  // (B, T, 3, H, Dh)
  if (scoring_) return soft_lookup(scoring_, part(qkv, 0), part(qkv, 1), part(qkv, 2), mask).weights;
  mask.scale = scale_;
  return ops::attention_weights(part(qkv, 0), part(qkv, 1), mask);
}

}  // namespace attune::nn
