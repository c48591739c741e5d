#include "attune/models/time_transformer/inputs.h"

#include "attune/models/forecasting/instance_norm.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/concatenate/concatenate.h"
#include "attune/ops/views/views.h"

namespace attune::models {

ForecastInputs seen_inputs(const ForecastInputs& inputs, const TimeTransformerConfig& config,
                           const char* model, ForecastOutput& output) {
  const ForecastSizes& sizes = config.sizes;
  const Tensor& past = inputs.past;
  check(past.defined() && past.rank() == 3 && past.dim(1) == sizes.context &&
            past.dim(2) == sizes.channels() && past.dtype() == DType::float32,
        "{}: the past is {}, expected float32 (B, {}, {})", model,
        past.defined() ? fmt::format("{} {}", name_of(past.dtype()), past.shape()) : "missing", sizes.context,
        sizes.channels());
  if (!config.use_norm) return inputs;
  ForecastInputs seen = inputs;
  seen.past = ops::contiguous(ops::transpose(normalized_past(inputs, sizes, output), 1, 2));  // (B, L, C + P)
  return seen;
}

nn::TimeMarks marks_of(const ForecastInputs& inputs) {
  return {inputs.calendar, inputs.calendar_indices, inputs.future_values};
}

Tensor with_placeholders(const ForecastInputs& inputs, std::int64_t label_len, std::int64_t horizon) {
  const std::int64_t length = inputs.past.dim(1);
  const Tensor zeros = Tensor::zeros({inputs.past.dim(0), horizon, inputs.past.dim(2)});  // (B, H, C + P)
  if (label_len == 0) return zeros;
  return ops::concatenate({ops::slice(inputs.past, 1, length - label_len, length), zeros}, 1);
}

Tensor split_outputs(const Tensor& projected, const ForecastSizes& sizes, const ForecastHead& head) {
  return ops::reshape(ops::cast(projected, DType::float32),
                      {projected.dim(0), projected.dim(1), sizes.targets, head.outputs()});
}

}  // namespace attune::models
