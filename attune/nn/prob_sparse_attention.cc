#include "attune/nn/prob_sparse_attention.h"

#include <algorithm>
#include <cmath>

#include "attune/nn/attention_weights.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

// factor ceil(ln count), of at most all and at least one.
std::int64_t few_of(std::int64_t count, std::int64_t factor) {
  const auto logarithm = static_cast<std::int64_t>(std::ceil(std::log(static_cast<double>(count))));
  return std::clamp<std::int64_t>(factor * logarithm, 1, count);
}

Tensor random_keys(std::int64_t queries, std::int64_t keys, std::int64_t count, Generator& generator) {
  const Tensor indices = Tensor::empty({queries, count}, DType::int64);
  auto* index = indices.mutable_data<std::int64_t>();
  const std::uint64_t stream = generator.next();
  for (std::int64_t i = 0; i < indices.elements(); ++i) {
    const auto words = random_words(generator.seed, stream, static_cast<std::uint64_t>(i));
    const std::uint64_t word = std::uint64_t{words.word[0]} << 32 | words.word[1];
    index[i] = static_cast<std::int64_t>(word % static_cast<std::uint64_t>(keys));
  }
  return indices;
}

// Keys (0) or values (1): a window (B, S, H, Dh) on kv (B, S, 2, H, Dh).
Tensor part(const Tensor& kv, std::int64_t index) {
  return ops::reshape(ops::slice(kv, 2, index, index + 1), kv.shape().without(2));
}

}  // namespace

ProbSparseAttention::ProbSparseAttention(const Scope& scope, const Options& options, Initializer input,
                                         Initializer output)
    : query(scope / "query", options.width, options.width, input),
      key_value(scope / "key_value", options.width, 2 * options.width, input),
      output(scope / "output", options.width, options.width, output),
      heads_(options.heads),
      factor_(options.factor),
      causal_(options.causal) {
  check(options.heads > 0 && options.width % options.heads == 0,
        "ProbSparse attention: a width of {} cannot be divided among {} heads", options.width, options.heads);
}

Tensor ProbSparseAttention::sample(std::int64_t queries, std::int64_t keys, const Context& context) const {
  const std::int64_t count = few_of(keys, factor_);
  if (sampler_) return sampler_(queries, keys, count);
  Generator fixed;
  const bool random = context.training && context.random != nullptr;
  return random_keys(queries, keys, count, random ? *context.random : fixed);
}

Tensor ProbSparseAttention::operator()(const Tensor& x, const Context& context) const {
  return attend(x, x, context, context.attention != nullptr ? &context.attention->self : nullptr);
}

Tensor ProbSparseAttention::operator()(const Tensor& x, const Tensor& memory, const Context& context) const {
  return attend(x, memory, context, context.attention != nullptr ? &context.attention->cross : nullptr);
}

Tensor ProbSparseAttention::attend(const Tensor& x, const Tensor& memory, const Context& context,
                                   std::vector<Tensor>* seen) const {
  const std::int64_t batch = x.dim(0), queries = x.dim(1), keys = memory.dim(1), width = x.dim(2);
  const Tensor q = ops::reshape(query(x), {batch, queries, heads_, width / heads_});  // (B, T, H, Dh)
  const Tensor kv = ops::reshape(key_value(memory), {batch, keys, 2, heads_, width / heads_});
  const Tensor samples = sample(queries, keys, context);  // (T, U)
  const ops::ProbSparseOptions options{.active = few_of(queries, factor_), .causal = causal_};
  if (seen != nullptr)
    seen->push_back(ops::prob_sparse_attention_weights(q, part(kv, 0), samples, options));  // (B, H, T, S)
  const Tensor heads = ops::prob_sparse_attention(q, part(kv, 0), part(kv, 1), samples, options);
  const Tensor head_by_head = ops::contiguous(ops::transpose(heads, 1, 2));  // (B, H, T, Dh)
  return output(ops::reshape(head_by_head, {batch, queries, width}));        // (B, T, D)
}

}  // namespace attune::nn
