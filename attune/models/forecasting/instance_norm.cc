#include "attune/models/forecasting/instance_norm.h"

#include <algorithm>

#include "attune/autograd/tape.h"
#include "attune/ops/add/add.h"
#include "attune/ops/multiply/multiply.h"
#include "attune/ops/scale/scale.h"
#include "attune/ops/views/views.h"

namespace attune::models {

Tensor normalized_past(const ForecastInputs& inputs, const ForecastSizes& sizes, ForecastOutput& output,
                       const ops::WindowNormOptions& options) {
  const ops::WindowNorm norm = ops::window_norm(inputs.past, inputs.observed, options);
  output.location = ops::slice(norm.location, 2, 0, sizes.targets);  // (B, 1, C)
  output.scale = ops::slice(norm.scale, 2, 0, sizes.targets);        // (B, 1, C)
  return norm.values;                                                // (B, C + P, L)
}

Tensor in_units_of(const ForecastOutput& output, const ForecastTruth& truth) {
  if (!output.scale.defined()) return truth.values;
  const NoGrad no_grad;
  const Tensor scale = ops::contiguous(output.scale), inverse = Tensor::empty(scale.shape());  // (B, 1, C)
  std::transform(scale.data<float>(), scale.data<float>() + scale.elements(), inverse.mutable_data<float>(),
                 [](float x) { return 1 / x; });
  const Tensor values =
      ops::multiply(ops::add(truth.values, ops::scale(output.location, -1)), inverse);  // (B, H, C)
  return truth.observed.defined() ? ops::multiply(values, truth.observed) : values;
}

}  // namespace attune::models
