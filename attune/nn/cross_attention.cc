#include "attune/nn/cross_attention.h"

#include "attune/nn/attention_weights.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

// H Dh
std::int64_t inner_width(const CrossAttention::Options& options) {
  return options.head_width > 0 ? options.heads * options.head_width : options.width;
}

// Keys (0) or values (1): a window (B, S, H, Dh) on kv (B, S, 2, H, Dh).
Tensor part(const Tensor& kv, std::int64_t index) {
  return ops::reshape(ops::slice(kv, 2, index, index + 1), kv.shape().without(2));
}

}  // namespace

CrossAttention::CrossAttention(const Scope& scope, const Options& options, Initializer input,
                               Initializer output)
    : query(scope / "query", options.width, inner_width(options), input, options.with_bias),
      key_value(scope / "key_value", options.width, 2 * inner_width(options), input, options.with_bias),
      output(scope / "output", inner_width(options), options.width, output, options.with_bias),
      heads_(options.heads),
      scale_(options.scale),
      dropout_{options.dropout} {
  check(options.heads > 0 && inner_width(options) % options.heads == 0,
        "multi-head attention: a width of {} cannot be divided among {} heads", options.width, options.heads);
}

Tensor CrossAttention::queries_of(const Tensor& x) const {
  const Tensor queries = query(x);  // (B, T, H Dh)
  return ops::reshape(queries, {x.dim(0), x.dim(1), heads_, queries.dim(2) / heads_});
}

Tensor CrossAttention::keys_values_of(const Tensor& memory) const {
  const Tensor kv = key_value(memory);  // (B, S, 2 H Dh)
  return ops::reshape(kv, {memory.dim(0), memory.dim(1), 2, heads_, kv.dim(2) / (2 * heads_)});
}

// (any B and T, H, Dh) -> (B, T, D) of x
Tensor CrossAttention::merge_heads(const Tensor& heads, const Tensor& x) const {
  return output(ops::reshape(heads, {x.dim(0), x.dim(1), heads.dim(2) * heads.dim(3)}));
}

Tensor CrossAttention::operator()(const Tensor& x, const Tensor& memory, const Tensor& memory_mask,
                                  const Context& context) const {
  if (context.attention != nullptr) context.attention->cross.push_back(weights(x, memory, memory_mask));
  ops::AttentionOptions options;
  options.scale = scale_;
  options.key_mask = memory_mask;
  options.dropout = context.training ? dropout_.probability : 0;
  options.generator = context.random;
  const Tensor heads = ops::attention_fused(queries_of(x), keys_values_of(memory), options);  // (B, T, H, Dh)
  return merge_heads(heads, x);
}

void CrossAttention::remember(const Tensor& memory, DecoderCache& cache, std::int64_t layer) const {
  const Tensor kv = keys_values_of(memory);  // (B, S, 2, H, Dh)
  cache.set_memory(layer, part(kv, 0), part(kv, 1));
}

Tensor CrossAttention::operator()(const Tensor& x, const DecoderCache& cache, std::int64_t layer) const {
  ops::AttentionOptions options;
  options.scale = scale_;
  options.key_mask = cache.memory_mask();
  // Nothing is masked among the queries of one source, so its hypotheses' positions stand in one row.
  const Tensor each = queries_of(x);  // (B K, T, H, Dh)
  const Tensor queries = ops::reshape(
      each, {cache.sources(), cache.hypotheses() * x.dim(1), heads_, each.dim(3)});  // (B, K T, H, Dh)
  const Tensor heads = ops::attention(queries, cache.memory_keys(layer), cache.memory_values(layer),
                                      options);  // (B, K T, H, Dh)
  return merge_heads(heads, x);                  // (B K, T, D)
}

Tensor CrossAttention::weights(const Tensor& x, const Tensor& memory, const Tensor& memory_mask) const {
  ops::AttentionOptions options;
  options.scale = scale_;
  options.key_mask = memory_mask;
  return ops::attention_weights(queries_of(x), part(keys_values_of(memory), 0), options);
}

}  // namespace attune::nn
