// The one test case type that drives every operation: forward against a plain reference, gradients against
// central differences, float32 and bfloat16 against float64, fused against composed, strided inputs, error
// texts, and, in the benchmark, time, GFLOP/s and GB/s.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attune/tensor/tensor.h"

namespace attune::testing {

// How an input of the operation is made.
struct Input {
  Shape shape;
  enum class Kind { values, parameter, indices, mask } kind = Kind::values;
  // values:    floating, in the dtype under test; uniform in [low, high)
  // parameter: like values, but float32 when the dtype under test is bfloat16 (a master weight)
  // indices:   int64, uniform integers in [low, high)
  // mask:      bool, true with probability `high`
  double low = -1, high = 1;
  bool differentiable = true;  // of values and parameters
};

using Inputs = std::vector<Tensor>;
using Outputs = std::vector<Tensor>;
// One flat array of doubles for each input (indices and masks converted) or output.
using Arrays = std::vector<std::vector<double>>;

struct Tolerance {
  double forward = 1e-5, backward = 1e-4;  // |got - expected| <= tolerance * max(1, |expected|)
};

// An input that is wrong, and words that the error must contain.
struct BadInput {
  std::vector<Input> inputs;
  std::vector<std::string> message_contains;
};

struct OpCase {
  std::string op;     // the folder's name under attune/ops
  std::string label;  // what this case is about: "odd sizes", "one row"
  std::vector<Input> inputs = {};
  std::function<Outputs(const Inputs&)> forward = nullptr;

  // The same in plain loops over doubles, written for the test. Every op has it in at least one case.
  std::function<Arrays(const Arrays&)> reference = nullptr;
  // The same composed of simpler operations (fused operations).
  std::function<Outputs(const Inputs&)> composed = nullptr;

  std::vector<DType> dtypes = {DType::float32, DType::bfloat16};  // checked beside float64
  Tolerance float32_tolerance = {};
  Tolerance bfloat16_tolerance = {.forward = 2e-2, .backward = 5e-2};
  bool has_gradient = true;
  bool takes_strided = true;  // the driver repeats the case with inputs that are windows of larger tensors
  bool prepare_compute_copies = false;  // bfloat16: give parameters the compute copy that training keeps
  std::vector<BadInput> errors = {};

  // Benchmark: a case with `flops` or `bytes` set is timed (forward, and backward when it has a gradient).
  // They are those of one forward pass in float32 (in bfloat16 half the bytes are counted); the backward pass
  // does `backward_factor` times as much, or is not timed when that is 0.
  double flops = 0, bytes = 0, backward_factor = 2;
  bool benchmark_only = false;  // sizes too large for the unit tests
};

// Registered cases, by every attune/ops/*/test.cc.
std::vector<OpCase>& op_cases();

struct RegisterOp {
  explicit RegisterOp(std::vector<OpCase> cases);
};

// The inputs of a case with reproducible random values in the given dtype.
Inputs make_inputs(const std::vector<Input>& inputs, DType dtype, std::uint64_t seed = 1);

// Which inputs of a case gradients are taken of.
std::vector<bool> differentiable(const OpCase& one);

// Handles to `inputs` as leaves of the tape, with the compute copies that the case asks for.
Inputs make_leaves(const OpCase& one, const Inputs& inputs);

}  // namespace attune::testing
