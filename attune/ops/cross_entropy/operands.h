// What the losses over classes ask of their operands.
#pragma once

#include <string_view>

#include "attune/ops/cross_entropy/cross_entropy.h"

namespace attune::ops {

// Checks that `targets` is int64 of shape `expected` and that the options are sound; returns the targets as
// (N), contiguous. `operation` begins the error messages.
Tensor flat_targets(std::string_view operation, const Tensor& targets, const Shape& expected,
                    const CrossEntropyOptions& options);

}  // namespace attune::ops
