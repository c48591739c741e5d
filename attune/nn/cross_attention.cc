#include "attune/nn/cross_attention.h"

#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

// Keys (0) or values (1): a window (B, S, H, Dh) on kv (B, S, 2, H, Dh).
Tensor part(const Tensor& kv, std::int64_t index) {
  return ops::reshape(ops::slice(kv, 2, index, index + 1), kv.shape().without(2));
}

}  // namespace

CrossAttention::CrossAttention(const Scope& scope, const Options& options, Initializer input,
                               Initializer output)
    : query(scope / "query", options.width, options.width, input),
      key_value(scope / "key_value", options.width, 2 * options.width, input),
      output(scope / "output", options.width, options.width, output),
      heads_(options.heads),
      dropout_{options.dropout} {
  check(options.heads > 0 && options.width % options.heads == 0,
        "multi-head attention: a width of {} cannot be divided among {} heads", options.width, options.heads);
}

Tensor CrossAttention::queries_of(const Tensor& x) const {
  return ops::reshape(query(x), {x.dim(0), x.dim(1), heads_, x.dim(2) / heads_});
}

Tensor CrossAttention::keys_values_of(const Tensor& memory) const {
  return ops::reshape(key_value(memory), {memory.dim(0), memory.dim(1), 2, heads_, memory.dim(2) / heads_});
}

Tensor CrossAttention::operator()(const Tensor& x, const Tensor& memory, const Tensor& memory_mask,
                                  const Context& context) const {
  ops::AttentionOptions options;
  options.key_mask = memory_mask;
  options.dropout = context.training ? dropout_.probability : 0;
  options.generator = context.random;
  const Tensor heads = ops::attention_fused(queries_of(x), keys_values_of(memory), options);  // (B, T, H, Dh)
  return output(ops::reshape(heads, x.shape()));
}

void CrossAttention::remember(const Tensor& memory, DecoderCache& cache, std::int64_t layer) const {
  const Tensor kv = keys_values_of(memory);  // (B, S, 2, H, Dh)
  cache.set_memory(layer, part(kv, 0), part(kv, 1));
}

Tensor CrossAttention::operator()(const Tensor& x, const DecoderCache& cache, std::int64_t layer) const {
  ops::AttentionOptions options;
  options.key_mask = cache.memory_mask();
  // Nothing is masked among the queries of one source, so its hypotheses' positions stand in one row.
  const Tensor queries = ops::reshape(queries_of(x), {cache.sources(), cache.hypotheses() * x.dim(1), heads_,
                                                      x.dim(2) / heads_});  // (B, K T, H, Dh)
  const Tensor heads = ops::attention(queries, cache.memory_keys(layer), cache.memory_values(layer),
                                      options);   // (B, K T, H, Dh)
  return output(ops::reshape(heads, x.shape()));  // (B K, T, D)
}

Tensor CrossAttention::weights(const Tensor& x, const Tensor& memory, const Tensor& memory_mask) const {
  ops::AttentionOptions options;
  options.key_mask = memory_mask;
  return ops::attention_weights(queries_of(x), part(keys_values_of(memory), 0), options);
}

}  // namespace attune::nn
