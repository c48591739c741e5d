#include "attune/nn/scoring.h"

#include <cmath>

#include "attune/ops/activation/activation.h"
#include "attune/ops/add/add.h"
#include "attune/ops/attention/composed.h"
#include "attune/ops/masked_fill/masked_fill.h"
#include "attune/ops/matmul/matmul.h"
#include "attune/ops/scale/scale.h"
#include "attune/ops/softmax/softmax.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

Tensor heads_first(const Tensor& x) { return ops::transpose(x, 1, 2); }  // (B, T, H, Dh) <-> (B, H, T, Dh)

}  // namespace

Tensor dot_score(const Tensor& q, const Tensor& k) {
  return ops::matmul(q, ops::transpose(k, -1, -2));  // (B, H, Tq, Tk)
}

Tensor scaled_dot_score(const Tensor& q, const Tensor& k) {
  return ops::scale(dot_score(q, k), 1 / std::sqrt(static_cast<double>(q.dim(-1))));  // (B, H, Tq, Tk)
}

AdditiveScore::AdditiveScore(const Scope& scope, std::int64_t head_width, std::int64_t hidden,
                             Initializer initializer)
    : query(scope / "query", head_width, hidden, initializer),
      key(scope / "key", head_width, hidden, initializer, /*with_bias=*/false),
      energy(scope / "energy", hidden, 1, initializer, /*with_bias=*/false) {}

Tensor AdditiveScore::operator()(const Tensor& q, const Tensor& k) const {
  const std::int64_t batch = q.dim(0), heads = q.dim(1), queries = q.dim(2), keys = k.dim(2);
  const Tensor wq = ops::reshape(query(q), {batch, heads, queries, 1, -1});         // (B, H, Tq, 1, A)
  const Tensor wk = ops::reshape(key(k), {batch, heads, 1, keys, -1});              // (B, H, 1, Tk, A)
  const Tensor sum = ops::activation(ops::add(wq, wk), ops::ActivationKind::tanh);  // (B, H, Tq, Tk, A)
  return ops::reshape(energy(sum), {batch, heads, queries, keys});                  // (B, H, Tq, Tk)
}

Lookup soft_lookup(const Scoring& score, const Tensor& q, const Tensor& k, const Tensor& v,
                   const ops::AttentionOptions& options) {
  check(!options.scale && options.dropout == 0,
        "soft_lookup: the scale belongs to the scoring function, and there is no dropout");
  Tensor scores = score(heads_first(q), heads_first(k));  // (B, H, Tq, Tk)
  if (options.bias.defined()) scores = ops::add(scores, options.bias);
  const Tensor hidden = ops::hidden_pairs(q.dim(0), q.dim(1), k.dim(1), options);  // (B, 1, Tq, Tk)
  // A finite score keeps a query that sees no key from becoming NaN; its weights are zero all the same.
  const Tensor weights = ops::masked_fill(ops::softmax(ops::masked_fill(scores, hidden, -1e30)), hidden, 0);
  const Tensor values = heads_first(ops::matmul(weights, heads_first(v)));  // (B, Tq, H, Dh)
  return {options.head_mask.defined() ? ops::mask_heads(values, options.head_mask) : values, weights};
}

}  // namespace attune::nn
