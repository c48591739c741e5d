#include "attune/ops/linear/linear.h"

#include "attune/autograd/tape.h"
#include "attune/ops/linear/column_sum.h"
#include "attune/ops/linear/cpu.h"
#include "attune/ops/linear/operands.h"

namespace attune::ops {
namespace {

void expect_operands(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check(weight.rank() == 2, "linear: weight has shape {}, expected (out, in)", weight.shape());
  check(x.rank() >= 1 && x.dim(-1) == weight.dim(1),
        "linear: x has shape {}, expected a last dimension of {} (weight {})", x.shape(), weight.dim(1),
        weight.shape());
  const DType bias_dtype = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
  if (!bias.defined()) return;
  check(bias.dtype() == bias_dtype, "linear: bias is {}, expected {} (x is {})", name_of(bias.dtype()),
        name_of(bias_dtype), name_of(x.dtype()));
  check(bias.shape() == Shape{weight.dim(0)}, "linear: bias has shape {}, expected [{}]", bias.shape(),
        weight.dim(0));
}

void linear_backward(Backward& b, const Tensor& x, const Tensor& weight) {
  const Tensor dy = rows_of(b.gradient());  // (M, out)
  const std::int64_t rows = dy.dim(0), out = weight.dim(0), in = weight.dim(1);
  if (b.needs(0)) {
    const auto dx = b.target(0);  // (..., in)
    cpu::matmul(1, rows, in, out, matrix(dy), matrix(weight), writable(rows_of(dx.memory)),
                {.accumulate = dx.accumulate});
  }
  if (b.needs(1)) {
    const auto dw = b.target(1);  // (out, in)
    cpu::matmul(1, out, in, rows, transposed(matrix(dy)), matrix(rows_of(x)), writable(dw.memory),
                {.accumulate = dw.accumulate});
  }
  if (b.needs(2)) {
    const auto db = b.target(2);  // (out)
    column_sum(dy, db.memory, db.accumulate);
  }
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  expect_operands(x, weight, bias);
  const Tensor operand = compute_weight("linear", weight, x);                          // (out, in)
  const Tensor rows = rows_of(x);                                                      // (M, in)
  Tensor y = Tensor::empty(x.shape().with(-1, weight.dim(0)), x.dtype(), x.device());  // (..., out)
  linear_forward(rows, operand, bias, !on_tape({x, weight, bias}), rows_of(y));
  return record("linear", {x, weight, bias}, y,
                [x = detach(x), operand](Backward& b) { linear_backward(b, x, operand); });
}

}  // namespace attune::ops
