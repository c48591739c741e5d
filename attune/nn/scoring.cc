#include "attune/nn/scoring.h"

#include <cmath>

#include "attune/ops/activation/activation.h"
#include "attune/ops/add/add.h"
#include "attune/ops/masked_fill/masked_fill.h"
#include "attune/ops/matmul/matmul.h"
#include "attune/ops/multiply/multiply.h"
#include "attune/ops/scale/scale.h"
#include "attune/ops/softmax/softmax.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

// What no query may see: (B, 1, Tq, Tk) bool, true where hidden.
Tensor hidden_pairs(std::int64_t batch, std::int64_t queries, std::int64_t keys,
                    const ops::AttentionOptions& options) {
  Tensor hidden = Tensor::empty({batch, 1, queries, keys}, DType::boolean);
  bool* out = hidden.mutable_data<bool>();
  const auto seen = options.key_mask.defined() ? options.key_mask.to_vector<bool>() : std::vector<bool>{};
  const auto prefix =
      options.prefix.defined() ? options.prefix.to_vector<std::int64_t>() : std::vector<std::int64_t>{};
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t i = 0; i < queries; ++i) {
      const std::int64_t last = options.causal ? i + keys - queries : keys - 1;
      const std::int64_t open = prefix.empty() ? 0 : prefix[static_cast<std::size_t>(b)];
      for (std::int64_t j = 0; j < keys; ++j) {
        const bool padding = !seen.empty() && !seen[static_cast<std::size_t>(b * keys + j)];
        *out++ = padding || (j > last && j >= open);
      }
    }
  }
  return hidden;
}

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
  if (options.causal || options.key_mask.defined() || options.prefix.defined()) {
    scores = ops::masked_fill(scores, hidden_pairs(q.dim(0), q.dim(1), k.dim(1), options), -1e30);
  }
  const Tensor weights = ops::softmax(scores);           // (B, H, Tq, Tk)
  Tensor values = ops::matmul(weights, heads_first(v));  // (B, H, Tq, Dh)
  if (options.head_mask.defined()) {
    values = ops::multiply(values, ops::reshape(options.head_mask, {options.head_mask.dim(0), 1, 1}));
  }
  return {heads_first(values), weights};
}

}  // namespace attune::nn
