#include "tests/ops/op_case.h"

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/tensor/random.h"

namespace attune::testing {
namespace {

template <typename T>
Tensor cast_from_double(const Tensor& values) {
  std::vector<T> cast;
  for (double value : values.to_vector<double>()) {
    if constexpr (std::is_same_v<T, bfloat16>) {
      cast.push_back(bfloat16(static_cast<float>(value)));
    } else {
      cast.push_back(static_cast<T>(value));
    }
  }
  return Tensor::from(cast, values.shape());
}

Tensor make(const Input& input, DType dtype, Generator& generator) {
  const Tensor uniform_values = random_uniform(input.shape, 0, 1, generator, DType::float64);
  double* u = uniform_values.mutable_data<double>();
  const auto count = uniform_values.elements();
  switch (input.kind) {
    case Input::Kind::indices: {
      for (std::int64_t i = 0; i < count; ++i) u[i] = std::floor(input.low + u[i] * (input.high - input.low));
      return cast_from_double<std::int64_t>(uniform_values);
    }
    case Input::Kind::mask: {
      const Tensor mask = Tensor::empty(input.shape, DType::boolean);
      for (std::int64_t i = 0; i < count; ++i) mask.mutable_data<bool>()[i] = u[i] < input.high;
      return mask;
    }
    case Input::Kind::values:
    case Input::Kind::parameter:
      break;
  }
  // Values that bfloat16 holds exactly: the same numbers go through every dtype, so only the op's error is
  // seen.
  for (std::int64_t i = 0; i < count; ++i) {
    u[i] = static_cast<float>(bfloat16(static_cast<float>(input.low + u[i] * (input.high - input.low))));
  }
  if (dtype == DType::float64) return uniform_values;
  if (dtype == DType::bfloat16 && input.kind == Input::Kind::values)
    return cast_from_double<bfloat16>(uniform_values);
  return cast_from_double<float>(uniform_values);
}

void add_compute_copy(const Tensor& parameter) {
  std::vector<bfloat16> copy;
  for (float value : parameter.to_vector<float>()) copy.push_back(bfloat16(value));
  parameter.autograd()->compute_copy = Tensor::from(copy, parameter.shape());
}

}  // namespace

std::vector<OpCase>& op_cases() {
  static std::vector<OpCase> cases;
  return cases;
}

RegisterOp::RegisterOp(std::vector<OpCase> cases) {
  for (OpCase& one : cases) op_cases().push_back(std::move(one));
}

Inputs make_inputs(const std::vector<Input>& inputs, DType dtype, std::uint64_t seed) {
  Generator generator{.seed = seed};
  Inputs tensors;
  for (const Input& input : inputs) tensors.push_back(make(input, dtype, generator));
  return tensors;
}

std::vector<bool> differentiable(const OpCase& one) {
  std::vector<bool> flags;
  for (const Input& input : one.inputs) {
    const bool floating = input.kind == Input::Kind::values || input.kind == Input::Kind::parameter;
    flags.push_back(floating && input.differentiable);
  }
  return flags;
}

Inputs make_leaves(const OpCase& one, const Inputs& inputs) {
  const auto flags = differentiable(one);
  Inputs leaves;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    leaves.push_back(detach(inputs[i]));
    if (!flags[i] || !one.has_gradient) continue;
    require_gradient(leaves[i]);
    if (one.prepare_compute_copies && inputs[i].dtype() == DType::float32) add_compute_copy(leaves[i]);
  }
  return leaves;
}

}  // namespace attune::testing
