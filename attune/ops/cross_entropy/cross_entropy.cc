#include "attune/ops/cross_entropy/cross_entropy.h"

#include "attune/autograd/tape.h"
#include "attune/ops/cross_entropy/cpu.h"
#include "attune/ops/cross_entropy/operands.h"
#include "attune/ops/views/views.h"

namespace attune::ops {

Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  check(logits.rank() >= 1 && logits.dim(-1) > 0 && is_floating(logits.dtype()),
        "cross_entropy: logits are {} {}, expected a floating type and shape (..., V)",
        name_of(logits.dtype()), logits.shape());
  const Tensor labels = flat_targets("cross_entropy", targets, logits.shape().without(-1), options);  // (N)
  const Tensor rows = contiguous(reshape(detach(logits), {labels.elements(), logits.dim(-1)}));  // (N, V)
  const DType dtype = logits.dtype() == DType::float64 ? DType::float64 : DType::float32;
  const Tensor loss = Tensor::empty({}, dtype, logits.device());  // a scalar
  const CrossEntropyState state = cross_entropy_forward(rows, labels, options, loss);
  return record("cross_entropy", {logits}, loss, [=, shape = logits.shape()](Backward& b) {
    const Tensor dlogits = Tensor::empty(rows.shape(), rows.dtype(), rows.device());  // (N, V)
    cross_entropy_backward(rows, labels, options, state, b.gradient(), dlogits);
    b.add(0, reshape(dlogits, shape));
  });
}

}  // namespace attune::ops
