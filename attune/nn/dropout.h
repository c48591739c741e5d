// Dropout (Srivastava et al., 2014): acts in training only.
#pragma once

#include "attune/nn/context.h"
#include "attune/ops/dropout/dropout.h"

namespace attune::nn {

struct Dropout {
  double probability = 0;

  Tensor operator()(const Tensor& x, const Context& context) const {
    if (!context.training || probability == 0) return x;
    check(context.random != nullptr, "dropout: training needs a random generator in the context");
    return ops::dropout(x, probability, *context.random);
  }
};

}  // namespace attune::nn
