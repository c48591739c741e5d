#include "attune/ops/layer_norm/operands.h"

#include "attune/autograd/tape.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

void expect_parameter(std::string_view operation, std::string_view name, const Tensor& parameter,
                      const Tensor& x) {
  const DType dtype = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
  check(parameter.dtype() == dtype, "{}: {} is {}, expected {} (x is {})", operation, name,
        name_of(parameter.dtype()), name_of(dtype), name_of(x.dtype()));
  check(parameter.shape() == Shape{x.dim(-1)}, "{}: {} has shape {}, expected [{}] (last dimension of x {})",
        operation, name, parameter.shape(), x.dim(-1), x.shape());
}

}  // namespace

DType expect_norm_operands(std::string_view operation, std::string_view name, const Tensor& x,
                           const Tensor& weight, const Tensor& bias, double epsilon,
                           std::optional<DType> result) {
  check(x.rank() >= 1 && x.dim(-1) > 0 && is_floating(x.dtype()),
        "{}: {} is {} {}, expected a floating type and shape (..., D)", operation, name, name_of(x.dtype()),
        x.shape());
  expect_parameter(operation, "weight", weight, x);
  if (bias.defined()) expect_parameter(operation, "bias", bias, x);
  check(epsilon >= 0, "{}: epsilon is {}, expected at least 0", operation, epsilon);
  const DType dtype = result.value_or(x.dtype());
  check(is_floating(dtype) && (dtype == DType::float64) == (x.dtype() == DType::float64),
        "{}: a result of {} from {} of {}", operation, name_of(dtype), name, name_of(x.dtype()));
  return dtype;
}

Tensor norm_rows(const Tensor& x) {
  return contiguous(reshape(detach(x), {x.elements() / x.dim(-1), x.dim(-1)}));
}

}  // namespace attune::ops
