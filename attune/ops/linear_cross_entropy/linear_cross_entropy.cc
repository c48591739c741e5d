#include "attune/ops/linear_cross_entropy/linear_cross_entropy.h"

#include "attune/autograd/tape.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/cross_entropy/operands.h"
#include "attune/ops/linear/operands.h"
#include "attune/ops/linear_cross_entropy/cpu.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

DType loss_dtype(const Tensor& x) { return x.dtype() == DType::float64 ? DType::float64 : DType::float32; }

OutputLayer prepare(std::string_view operation, const Tensor& x, const Tensor& weight, const Tensor& bias,
                    const Tensor& targets, const CrossEntropyOptions& options) {
  check(weight.rank() == 2 && weight.dim(0) > 0, "{}: weight has shape {}, expected (V, D)", operation,
        weight.shape());
  check(x.rank() >= 1 && x.dim(-1) == weight.dim(1),
        "{}: x has shape {}, expected a last dimension of {} (weight {})", operation, x.shape(), weight.dim(1),
        weight.shape());
  check(!bias.defined() || (bias.shape() == Shape{weight.dim(0)} && bias.dtype() == loss_dtype(x)),
        "{}: bias is {} {}, expected {} [{}]", operation, bias.defined() ? name_of(bias.dtype()) : "",
        bias.defined() ? bias.shape() : Shape{}, name_of(loss_dtype(x)), weight.dim(0));
  const Tensor operand = compute_weight(operation, weight, x);
  const Tensor rows = rows_of(x);  // (N, D)
  return {.x = operand.dtype() == DType::bfloat16 ? cast(rows, DType::bfloat16) : rows,
          .weight = operand,
          .bias = bias.defined() ? contiguous(detach(bias)) : bias,
          .targets = flat_targets(operation, targets, x.shape().without(-1), options),
          .options = options};
}

void backward(Backward& b, const OutputLayer& layer, const OutputLayerState& state) {
  const auto wanted = [&b](int input) { return b.needs(input) ? b.target(input) : Backward::Target(); };
  Backward::Target dx = wanted(0);
  if (dx.memory.defined()) dx.memory = rows_of(dx.memory);  // (N, D)
  output_layer_backward(layer, state, b.gradient(), {dx, wanted(1), wanted(2)});
}

}  // namespace

Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& targets,
                            const CrossEntropyOptions& options) {
  return linear_cross_entropy(x, weight, Tensor(), targets, options);
}

Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                            const CrossEntropyOptions& options) {
  const OutputLayer layer = prepare("linear_cross_entropy", x, weight, bias, targets, options);
  const Tensor loss = Tensor::empty({}, loss_dtype(x), x.device());  // a scalar
  const OutputLayerState state = output_layer_forward(layer, on_tape({x, weight, bias}), loss);
  return record("linear_cross_entropy", {x, weight, bias}, loss,
                [=](Backward& b) { backward(b, layer, state); });
}

Tensor token_losses(const Tensor& x, const Tensor& weight, const Tensor& targets) {
  return token_losses(x, weight, Tensor(), targets);
}

Tensor token_losses(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets) {
  const OutputLayer layer = prepare("token_losses", x, weight, bias, targets, {});
  const Tensor losses = Tensor::empty(targets.shape(), loss_dtype(x), x.device());  // (...)
  output_layer_losses(layer, losses);
  return record_without_gradient("token_losses", {x, weight, bias}, losses);
}

}  // namespace attune::ops
