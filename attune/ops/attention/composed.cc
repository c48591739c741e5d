#include "attune/ops/attention/composed.h"

#include <algorithm>
#include <cmath>

#include "attune/ops/add/add.h"
#include "attune/ops/attention/cpu_dropout.h"
#include "attune/ops/attention/cpu_visibility.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/masked_fill/masked_fill.h"
#include "attune/ops/matmul/matmul.h"
#include "attune/ops/multiply/multiply.h"
#include "attune/ops/scale/scale.h"
#include "attune/ops/softmax/softmax.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// 0 where hidden or dropped, else what the dropped leave for the others: (B, H, Tq, Tk) float64.
Tensor weight_factors(const cpu::AttentionShape& s, const Tensor& hidden, const AttentionOptions& options) {
  cpu::AttentionSettings settings;
  if (options.dropout > 0) {
    settings.dropout = static_cast<float>(options.dropout);
    settings.seed = options.generator->seed;
    settings.stream = options.generator->next();
  }
  const Tensor factors = Tensor::empty({s.batch, s.heads, s.queries, s.keys}, DType::float64);
  const bool* hides = hidden.data<bool>();
  double* out = factors.mutable_data<double>();
  for (std::int64_t row = 0; row < s.batch * s.heads * s.queries; ++row, out += s.keys) {
    const std::int64_t i = row % s.queries, b = row / s.queries / s.heads;
    for (std::int64_t j = 0; j < s.keys; ++j) {
      out[j] = hides[(b * s.queries + i) * s.keys + j] ? 0 : cpu::dropout_factor(s, settings, row, j);
    }
  }
  return factors;
}

// (B, T, H, Dh) as (B, H, T, Dh)
Tensor heads_first(const Tensor& x) { return transpose(x, 1, 2); }

}  // namespace

Tensor hidden_pairs(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                    const AttentionOptions& options) {
  const cpu::AttentionShape shape{.batch = batch, .queries = queries, .keys = keys};
  cpu::AttentionSettings settings{.causal = options.causal};
  const Tensor key_mask = options.key_mask.defined() ? contiguous(options.key_mask) : Tensor();
  const Tensor prefix = options.prefix.defined() ? contiguous(options.prefix) : Tensor();
  if (key_mask.defined()) settings.key_mask = key_mask.data<bool>();
  if (prefix.defined()) settings.prefix = prefix.data<std::int64_t>();
  const Tensor hidden = Tensor::empty({batch, 1, queries, keys}, DType::boolean);
  bool* out = hidden.mutable_data<bool>();
  for (std::int64_t b = 0; b < batch; ++b) {
    const cpu::Visibility visible = cpu::visibility_of(shape, settings, b);
    for (std::int64_t i = 0; i < queries; ++i) {
      for (std::int64_t j = 0; j < keys; ++j) *out++ = j >= visible.keys_seen(i) || visible.hides(j);
    }
  }
  return hidden;
}

Tensor composed_attention_weights(const Tensor& q, const Tensor& k, const AttentionOptions& options) {
  const cpu::AttentionShape shape{q.dim(0), q.dim(2), q.dim(1), k.dim(1), q.dim(3)};
  const Tensor hidden = hidden_pairs(shape.batch, shape.queries, shape.keys, options);  // (B, 1, Tq, Tk)
  const Tensor factors = weight_factors(shape, hidden, options);                        // (B, H, Tq, Tk)
  const double factor = options.scale.value_or(1 / std::sqrt(static_cast<double>(shape.head_dim)));
  Tensor scores = scale(matmul(heads_first(q), transpose(heads_first(k), 2, 3)), factor);  // (B, H, Tq, Tk)
  if (options.bias.defined()) scores = add(scores, cast(options.bias, q.dtype()));
  // Low enough to weigh nothing beside any other score, finite so that a row that sees no key is no NaN.
  const Tensor weights = softmax(masked_fill(scores, hidden, -1e30));  // (B, H, Tq, Tk)
  return multiply(weights, cast(factors, q.dtype()));
}

Tensor composed_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                          const AttentionOptions& options) {
  const Tensor weights = composed_attention_weights(q, k, options);           // (B, H, Tq, Tk)
  const Tensor y = contiguous(heads_first(matmul(weights, heads_first(v))));  // (B, Tq, H, Dh)
  return options.head_mask.defined() ? mask_heads(y, options.head_mask) : y;
}

Tensor mask_heads(const Tensor& y, const Tensor& head_mask) {
  return multiply(y, cast(reshape(head_mask, {head_mask.dim(0), 1}), y.dtype()));
}

}  // namespace attune::ops
