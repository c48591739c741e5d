// Compares the tape's gradients with central differences.
#pragma once

#include <functional>
#include <vector>

#include "attune/tensor/tensor.h"

namespace attune {

using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

struct GradientCheck {
  double largest_error = 0;  // |tape - difference| / max(1, |difference|), over all inputs
  std::string where;         // "input 1, element 17: tape 0.25, central difference 0.31"
};

// Contracts the floating outputs of `f` with fixed random weights and compares d/d(input) of the sum by the
// tape with (f(x + h) - f(x - h)) / 2h for every element of the inputs listed in `differentiable`. Inputs
// float64.
GradientCheck check_gradients(const Function& f, const std::vector<Tensor>& inputs,
                              const std::vector<bool>& differentiable, double step = 1e-5);

}  // namespace attune
