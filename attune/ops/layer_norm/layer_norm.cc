#include "attune/ops/layer_norm/layer_norm.h"

#include "attune/autograd/tape.h"
#include "attune/ops/layer_norm/cpu.h"
#include "attune/ops/layer_norm/operands.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

void backward(Backward& b, const Tensor& x, const Tensor& weight, const RowStatistics& statistics) {
  const Tensor dy = norm_rows(b.gradient());  // (N, D)
  const auto wanted = [&b](int input) { return b.needs(input) ? b.target(input) : Backward::Target(); };
  const Backward::Target target = wanted(0);
  const Tensor dx = target.memory.defined() ? norm_rows(target.memory)
                                            : Tensor::empty(x.shape(), x.dtype(), x.device());  // (N, D)
  layer_norm_backward(dy, x, weight, statistics, target.accumulate ? dx : Tensor(), dx, Tensor(), wanted(1),
                      wanted(2));
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                  std::optional<DType> result) {
  const DType dtype = expect_norm_operands("layer_norm", "x", x, weight, bias, epsilon, result);
  const Tensor rows = norm_rows(x);                 // (N, D)
  const Tensor scale = contiguous(detach(weight));  // (D)
  const Tensor shift = bias.defined() ? contiguous(detach(bias)) : bias;
  const Tensor y = Tensor::empty(x.shape(), dtype, x.device());  // (..., D)
  const RowStatistics statistics = layer_norm_forward(rows, scale, shift, epsilon, norm_rows(y));
  return record("layer_norm", {x, weight, bias}, y,
                [=](Backward& b) { backward(b, rows, scale, statistics); });
}

}  // namespace attune::ops
