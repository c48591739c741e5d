#include "attune/ops/residual_layer_norm/residual_layer_norm.h"

#include <array>

#include "attune/autograd/tape.h"
#include "attune/ops/layer_norm/cpu.h"
#include "attune/ops/layer_norm/operands.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

void expect_branch(const Tensor& residual, const Tensor& branch) {
  check(branch.shape() == residual.shape(),
        "residual_layer_norm: branch has shape {}, expected {} (the residual's)", branch.shape(),
        residual.shape());
  const bool narrower = residual.dtype() == DType::float32 && branch.dtype() == DType::bfloat16;
  check(branch.dtype() == residual.dtype() || narrower,
        "residual_layer_norm: branch is {}, expected the residual's {}, or bfloat16 beside float32",
        name_of(branch.dtype()), name_of(residual.dtype()));
}

// The residual and the branch have one gradient; it is written once, and once more in the branch's type when
// that differs.
void backward(Backward& b, const Tensor& sum, DType branch, const Tensor& weight,
              const RowStatistics& statistics) {
  const Tensor &dsum = b.gradient(0), &dnormed = b.gradient(1);  // (..., D)
  const Shape shape = dsum.defined() ? dsum.shape() : dnormed.shape();
  // Without a gradient of its own the normalised output sends back nothing.
  const Tensor dy = norm_rows(dnormed.defined() ? dnormed : Tensor::zeros(shape, sum.dtype()));  // (N, D)
  const Tensor dx = Tensor::empty(sum.shape(), sum.dtype(), sum.device());                       // (N, D)
  const Tensor rounded = branch == sum.dtype() ? Tensor() : Tensor::empty(sum.shape(), branch, sum.device());
  const auto wanted = [&b](int input) { return b.needs(input) ? b.target(input) : Backward::Target(); };
  layer_norm_backward(dy, sum, weight, statistics, dsum.defined() ? norm_rows(dsum) : Tensor(), dx, rounded,
                      wanted(2), wanted(3));
  b.add(0, reshape(dx, shape));
  b.add(1, reshape(rounded.defined() ? rounded : dx, shape));
}

}  // namespace

ResidualNorm residual_layer_norm(const Tensor& residual, const Tensor& branch, const Tensor& weight,
                                 const Tensor& bias, double epsilon, std::optional<DType> result) {
  const DType dtype =
      expect_norm_operands("residual_layer_norm", "residual", residual, weight, bias, epsilon, result);
  expect_branch(residual, branch);
  const Tensor scale = contiguous(detach(weight));  // (D)
  const Tensor shift = bias.defined() ? contiguous(detach(bias)) : bias;
  const ResidualNorm y{Tensor::empty(residual.shape(), residual.dtype(), residual.device()),  // (..., D)
                       Tensor::empty(residual.shape(), dtype, residual.device())};            // (..., D)
  const Tensor sum = norm_rows(y.sum);                                                        // (N, D)
  const RowStatistics statistics = add_layer_norm_forward(norm_rows(residual), norm_rows(branch), scale,
                                                          shift, epsilon, sum, norm_rows(y.normed));
  record("residual_layer_norm", std::array{residual, branch, weight, bias}, std::array{y.sum, y.normed},
         [=, type = branch.dtype()](Backward& b) { backward(b, sum, type, scale, statistics); });
  return y;
}

}  // namespace attune::ops
