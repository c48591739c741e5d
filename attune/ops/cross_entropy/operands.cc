#include "attune/ops/cross_entropy/operands.h"

#include "attune/ops/views/views.h"

namespace attune::ops {

Tensor flat_targets(std::string_view operation, const Tensor& targets, const Shape& expected,
                    const CrossEntropyOptions& options) {
  check(targets.dtype() == DType::int64, "{}: targets are {}, expected int64", operation,
        name_of(targets.dtype()));
  check(targets.shape() == expected, "{}: targets have shape {}, expected {}", operation, targets.shape(),
        expected);
  check(options.label_smoothing >= 0 && options.label_smoothing < 1,
        "{}: label smoothing is {}, expected at least 0 and less than 1", operation, options.label_smoothing);
  return reshape(contiguous(targets), {targets.elements()});
}

}  // namespace attune::ops
