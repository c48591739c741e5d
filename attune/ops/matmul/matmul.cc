#include "attune/ops/matmul/matmul.h"

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/matmul.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// x as (batch, rows, columns)
Tensor flat_batch(const Tensor& x) {
  return reshape(x, {x.shape().without(-1).without(-1).elements(), x.dim(-2), x.dim(-1)});
}

// The same with one of the two inner strides 1, copied only when it lies otherwise.
Tensor as_batch(const Tensor& x) {
  const Tensor flat = flat_batch(x);
  return flat.stride(-1) == 1 || flat.stride(-2) == 1 ? flat : contiguous(flat);
}

cpu::Matrix matrix(const Tensor& x, bool shared) {
  return {x.raw_data(), x.dtype(), x.stride(-2), x.stride(-1), shared ? 0 : x.stride(0)};
}

// out (batch, M, N) = or += a (batch, M, K) b (batch or 1, K, N)
void multiply(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) {
  const Tensor left = as_batch(a), right = as_batch(b);
  const cpu::Matrix result{out.raw_mutable_data(), out.dtype(), out.stride(-2), out.stride(-1),
                           out.stride(0)};
  cpu::matmul(left.dim(0), left.dim(1), right.dim(2), left.dim(2), matrix(left, false),
              matrix(right, right.dim(0) == 1), result, {.accumulate = accumulate});
}

void matmul_backward(Backward& b, const Tensor& a, const Tensor& right) {
  const Tensor dy = b.gradient();
  if (b.needs(0)) {
    const auto da = b.target(0);  // (..., M, K)
    multiply(dy, transpose(right, -1, -2), flat_batch(da.memory), da.accumulate);
  }
  if (b.needs(1)) {
    const auto db = b.target(1);  // (..., K, N)
    if (right.rank() == 2 && a.rank() > 2) {
      const std::int64_t rows = a.shape().without(-1).elements();
      multiply(transpose(reshape(a, {1, rows, a.dim(-1)}), -1, -2), reshape(dy, {1, rows, dy.dim(-1)}),
               flat_batch(db.memory), db.accumulate);
    } else {
      multiply(transpose(a, -1, -2), dy, flat_batch(db.memory), db.accumulate);
    }
  }
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  check(a.rank() >= 2 && b.rank() >= 2,
        "matmul: operands of shape {} and {}, expected at least two dimensions", a.shape(), b.shape());
  check(a.dtype() == b.dtype(), "matmul: operands of {} and {}", name_of(a.dtype()), name_of(b.dtype()));
  check(a.dim(-1) == b.dim(-2), "matmul: {} times {}: the inner sizes {} and {} differ", a.shape(), b.shape(),
        a.dim(-1), b.dim(-2));
  const bool same_batch = a.shape().without(-1).without(-1) == b.shape().without(-1).without(-1);
  check(b.rank() == 2 || same_batch, "matmul: {} times {}: the leading dimensions differ", a.shape(),
        b.shape());
  Tensor c = Tensor::empty(a.shape().with(-1, b.dim(-1)), a.dtype(), a.device());  // (..., M, N)
  {
    NoGrad no_grad;
    multiply(a, b, flat_batch(c), false);
  }
  return record("matmul", {a, b}, c,
                [a = detach(a), right = detach(b)](Backward& back) { matmul_backward(back, a, right); });
}

}  // namespace attune::ops
