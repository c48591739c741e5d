#include "attune/ops/prob_sparse_attention/prob_sparse_attention.h"

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/prob_sparse_attention/cpu.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

void expect_operands(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& samples,
                     const ProbSparseOptions& options) {
  const char* op = "prob_sparse_attention";
  check(q.rank() == 4 && is_floating(q.dtype()),
        "{}: q is {} {}, expected a floating type and (B, Tq, H, Dh)", op, name_of(q.dtype()), q.shape());
  check(k.rank() == 4 && k.shape().with(1, q.dim(1)) == q.shape() && k.dim(1) > 0,
        "{}: k has shape {}, expected (B, Tk, H, Dh) beside q {}, with keys", op, k.shape(), q.shape());
  check(v.shape() == k.shape(), "{}: v has shape {}, expected that of k {}", op, v.shape(), k.shape());
  check(k.dtype() == q.dtype() && v.dtype() == q.dtype(), "{}: k is {} and v {}, expected {}", op,
        name_of(k.dtype()), name_of(v.dtype()), name_of(q.dtype()));
  check(samples.dtype() == DType::int64 && samples.rank() == 2 && samples.dim(0) == q.dim(1) &&
            samples.dim(1) > 0,
        "{}: samples are {} {}, expected int64 ({}, keys to try)", op, name_of(samples.dtype()),
        samples.shape(), q.dim(1));
  check(options.active >= 1 && options.active <= q.dim(1), "{}: {} active queries of {}", op, options.active,
        q.dim(1));
  check(!options.causal || q.dim(1) == k.dim(1), "{}: {} queries of {} keys, expected as many when causal",
        op, q.dim(1), k.dim(1));
}

Tensor rows(const Tensor& x) {
  const Tensor plain = detach(x);
  return plain.stride(3) == 1 || plain.dim(3) <= 1 ? plain : contiguous(plain);
}

double scale_of(const Tensor& q, const ProbSparseOptions& options) {
  return options.scale.value_or(1 / std::sqrt(static_cast<double>(q.dim(3))));
}

SparseQueries choose(const Tensor& q, const Tensor& k, const Tensor& samples,
                     const ProbSparseOptions& options) {
  const SparseQueries sparse{
      .index = Tensor::empty({q.dim(0), q.dim(2), options.active}, DType::int64),           // (B, H, u)
      .weights = Tensor::empty({q.dim(0), q.dim(2), options.active, k.dim(1)}, q.dtype()),  // (B, H, u, Tk)
      .scale = scale_of(q, options),
      .causal = options.causal};
  choose_queries(q, k, contiguous(samples), sparse);
  return sparse;
}

// bfloat16 as float32, on the tape.
Tensor widened(const Tensor& x) { return x.dtype() == DType::bfloat16 ? cast(x, DType::float32) : x; }

}  // namespace

Tensor prob_sparse_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& samples,
                             const ProbSparseOptions& options) {
  expect_operands(q, k, v, samples, options);
  if (q.dtype() == DType::bfloat16) {
    const Tensor y = prob_sparse_attention(widened(q), widened(k), widened(v), samples, options);
    return cast(y, DType::bfloat16);
  }
  const Tensor queries = rows(q), keys = rows(k), values = rows(v);
  const SparseQueries sparse = choose(queries, keys, samples, options);
  const Tensor y = Tensor::empty(q.shape(), q.dtype(), q.device());  // (B, Tq, H, Dh)
  attend(sparse, values, y);
  return record("prob_sparse_attention", {q, k, v}, y, [=](Backward& b) {
    const Tensor dy = contiguous(b.gradient());
    attend_backward(sparse, queries, keys, values, dy, b);
  });
}

Tensor prob_sparse_attention_weights(const Tensor& q, const Tensor& k, const Tensor& samples,
                                     const ProbSparseOptions& options) {
  expect_operands(q, k, k, samples, options);
  const Tensor queries = rows(widened(detach(q))), keys = rows(widened(detach(k)));
  const Tensor whole = Tensor::empty({q.dim(0), q.dim(2), q.dim(1), k.dim(1)}, queries.dtype());
  spread_weights(choose(queries, keys, samples, options), whole);
  return record_without_gradient("prob_sparse_attention_weights", {q, k}, whole);  // (B, H, Tq, Tk)
}

}  // namespace attune::ops
