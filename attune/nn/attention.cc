#include "attune/nn/attention.h"

#include <cstring>

#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

// One of queries (0), keys (1), values (2): a window (B, T, H, Dh) on qkv (B, T, 3, H, Dh).
Tensor part(const Tensor& qkv, std::int64_t index) {
  const Tensor window = ops::slice(qkv, 2, index, index + 1);  // (B, T, 1, H, Dh)
  return ops::reshape(window, {qkv.dim(0), qkv.dim(1), qkv.dim(3), qkv.dim(4)});
}

// Each hypothesis's past side by side, copied from the rows that hold it: (B K, T, H, Dh), a window on memory
// (B K, H, T, Dh).
Tensor along_ancestry(const Tensor& rows, const Tensor& ancestry) {
  const std::int64_t hypotheses = rows.dim(0), tokens = rows.dim(1), heads = rows.dim(2), width = rows.dim(3);
  const Tensor memory = Tensor::empty({hypotheses, heads, tokens, width}, rows.dtype());
  const auto bytes = static_cast<std::size_t>(width) * size_of(rows.dtype());
  const auto unit = static_cast<std::int64_t>(size_of(rows.dtype()));
  const std::int32_t* from = ancestry.data<std::int32_t>();
  std::byte* to = memory.raw_mutable_data();
  for (std::int64_t n = 0; n < hypotheses; ++n) {
    for (std::int64_t h = 0; h < heads; ++h) {
      for (std::int64_t t = 0; t < tokens; ++t, to += bytes) {
        const std::int64_t offset =
            from[n * ancestry.stride(0) + t] * rows.stride(0) + t * rows.stride(1) + h * rows.stride(2);
        std::memcpy(to, rows.raw_data() + offset * unit, bytes);
      }
    }
  }
  return ops::transpose(memory, 1, 2);
}

}  // namespace

SelfAttention::SelfAttention(const Scope& scope, const Options& options, Initializer input,
                             Initializer output)
    : query_key_value(scope / "query_key_value", options.width, 3 * options.width, input),
      output(scope / "output", options.width, options.width, output),
      heads_(options.heads),
      dropout_{options.dropout} {
  check(options.heads > 0 && options.width % options.heads == 0,
        "multi-head attention: a width of {} cannot be divided among {} heads", options.width, options.heads);
}

Tensor SelfAttention::project(const Tensor& x) const {
  const Tensor qkv = query_key_value(x);  // (B, T, 3 D)
  return ops::reshape(qkv, {x.dim(0), x.dim(1), 3, heads_, x.dim(2) / heads_});
}

Tensor SelfAttention::merge_heads(const Tensor& heads) const {
  return output(ops::reshape(heads, {heads.dim(0), heads.dim(1), -1}));  // (B, T, H, Dh) -> (B, T, D)
}

Tensor SelfAttention::operator()(const Tensor& x, ops::AttentionOptions mask, const Context& context) const {
  const Tensor qkv = project(x);  // (B, T, 3, H, Dh)
  if (scoring_)
    return merge_heads(soft_lookup(scoring_, part(qkv, 0), part(qkv, 1), part(qkv, 2), mask).values);
  mask.dropout = context.training ? dropout_.probability : 0;
  mask.generator = context.random;
  return merge_heads(ops::attention_fused(qkv, mask));
}

Tensor SelfAttention::operator()(const Tensor& x, ops::AttentionOptions mask, const Context& context,
                                 KeyValueCache& cache, std::int64_t layer) const {
  const Tensor qkv = project(x);                                                // (B, T, 3, H, Dh)
  const auto [keys, values] = cache.extend(layer, part(qkv, 1), part(qkv, 2));  // (B, length + T, H, Dh)
  if (scoring_) return merge_heads(soft_lookup(scoring_, part(qkv, 0), keys, values, mask).values);
  return merge_heads(ops::attention(part(qkv, 0), keys, values, mask));
}

Tensor SelfAttention::operator()(const Tensor& x, const ops::AttentionOptions& mask, const Context& context,
                                 DecoderCache& cache, std::int64_t layer) const {
  const Tensor qkv = project(x);                                                // (B K, T, 3, H, Dh)
  const auto [keys, values] = cache.extend(layer, part(qkv, 1), part(qkv, 2));  // (B K, length + T, H, Dh)
  const Tensor ancestry = cache.ancestry(keys.dim(1));                          // (B K, length + T)
  if (!ancestry.defined()) return merge_heads(ops::attention(part(qkv, 0), keys, values, mask));
  return merge_heads(
      ops::attention(part(qkv, 0), along_ancestry(keys, ancestry), along_ancestry(values, ancestry), mask));
}

Tensor SelfAttention::weights(const Tensor& x, const ops::AttentionOptions& mask) const {
  const Tensor qkv = project(x);  // (B, T, 3, H, Dh)
  if (scoring_) return soft_lookup(scoring_, part(qkv, 0), part(qkv, 1), part(qkv, 2), mask).weights;
  return ops::attention_weights(part(qkv, 0), part(qkv, 1), mask);
}

}  // namespace attune::nn
