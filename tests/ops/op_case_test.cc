// Runs every registered operation case through the same checks.
#include "tests/ops/op_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "attune/autograd/gradient_check.h"
#include "attune/autograd/tape.h"
#include "tests/ops/operation_folders.h"

namespace attune::testing {
namespace {

std::vector<double> to_doubles(const Tensor& tensor) {
  std::vector<double> values;
  const auto append = [&](const auto& vector) {
    for (auto value : vector) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, bfloat16>) {
        values.push_back(static_cast<float>(value));
      } else {
        values.push_back(static_cast<double>(value));
      }
    }
  };
  switch (tensor.dtype()) {
    case DType::float32:
      append(tensor.to_vector<float>());
      break;
    case DType::bfloat16:
      append(tensor.to_vector<bfloat16>());
      break;
    case DType::float64:
      append(tensor.to_vector<double>());
      break;
    case DType::int64:
      append(tensor.to_vector<std::int64_t>());
      break;
    case DType::int32:
      append(tensor.to_vector<std::int32_t>());
      break;
    case DType::boolean:
      append(tensor.to_vector<bool>());
      break;
  }
  return values;
}

Arrays to_doubles(const std::vector<Tensor>& tensors) {
  Arrays arrays;
  for (const Tensor& tensor : tensors) arrays.push_back(to_doubles(tensor));
  return arrays;
}

void expect_close(const Arrays& got, const Arrays& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].size(), expected[i].size()) << what << " " << i;
    for (std::size_t k = 0; k < got[i].size(); ++k) {
      const double error = std::abs(got[i][k] - expected[i][k]);
      ASSERT_TRUE(error <= tolerance * std::max(1.0, std::abs(expected[i][k])))
          << what << " " << i << ", element " << k << ": got " << got[i][k] << ", expected "
          << expected[i][k];
    }
  }
}

// The same values as windows of larger tensors: another offset and gaps between rows.
Tensor strided_copy(const Tensor& x) {
  if (x.rank() == 0) return x;
  Shape larger = x.shape();
  larger[-1] += 3;
  if (x.rank() > 1) larger[-2] += 1;
  const Tensor storage = Tensor::zeros(larger, x.dtype());
  const Tensor window = storage.alias(x.shape(), storage.strides(), 1);
  window.copy_from(x);
  return window;
}

struct Pass {
  Outputs outputs;
  std::vector<Tensor> gradients;  // undefined for inputs that are not differentiable
};

Tensor output_weight(const Tensor& output) {
  return make_inputs({{.shape = output.shape()}}, output.dtype(), 7).front();
}

// Forward and, from each output in turn with fixed random weights, backward.
Pass run(const OpCase& one, const std::function<Outputs(const Inputs&)>& f, const Inputs& inputs) {
  Pass pass;
  const Inputs leaves = make_leaves(one, inputs);
  pass.outputs = f(leaves);
  for (std::size_t o = 0; o < pass.outputs.size() && one.has_gradient; ++o) {
    const Outputs outputs = o == 0 ? pass.outputs : f(leaves);
    if (requires_gradient(outputs[o])) backward(outputs[o], output_weight(outputs[o]));
  }
  for (const Tensor& leaf : leaves) pass.gradients.push_back(gradient_of(leaf));
  return pass;
}

Arrays gradients_of(const Pass& pass) {
  Arrays arrays;
  for (const Tensor& gradient : pass.gradients)
    arrays.push_back(gradient.defined() ? to_doubles(gradient) : std::vector<double>{});
  return arrays;
}

class Operation : public ::testing::TestWithParam<std::size_t> {
 protected:
  const OpCase& one() const { return op_cases()[GetParam()]; }
};

// Each check runs on the cases that have what it needs.
class Referenced : public Operation {};
class Typed : public Operation {};
class Differentiable : public Operation {};
class Fused : public Operation {};
class Strided : public Operation {};
class Guarded : public Operation {};

TEST_P(Referenced, Float64AgreesWithTheReference) {
  const Inputs inputs = make_inputs(one().inputs, DType::float64);
  NoGrad no_grad;
  expect_close(to_doubles(one().forward(inputs)), one().reference(to_doubles(inputs)), 1e-9, "output");
}

TEST_P(Differentiable, Float64GradientAgreesWithCentralDifferences) {
  const auto result =
      check_gradients(one().forward, make_inputs(one().inputs, DType::float64), differentiable(one()));
  EXPECT_LE(result.largest_error, 1e-6) << result.where;
}

TEST_P(Typed, OtherTypesAgreeWithFloat64) {
  const Pass expected = run(one(), one().forward, make_inputs(one().inputs, DType::float64));
  for (DType dtype : one().dtypes) {
    SCOPED_TRACE(name_of(dtype));
    const Tolerance tolerance = dtype == DType::float32 ? one().float32_tolerance : one().bfloat16_tolerance;
    const Pass got = run(one(), one().forward, make_inputs(one().inputs, dtype));
    expect_close(to_doubles(got.outputs), to_doubles(expected.outputs), tolerance.forward, "output");
    expect_close(gradients_of(got), gradients_of(expected), tolerance.backward, "gradient of input");
  }
}

TEST_P(Fused, FusedAgreesWithComposed) {
  const Pass composed = run(one(), one().composed, make_inputs(one().inputs, DType::float64));
  const Pass fused = run(one(), one().forward, make_inputs(one().inputs, DType::float32));
  expect_close(to_doubles(fused.outputs), to_doubles(composed.outputs), one().float32_tolerance.forward,
               "output");
  expect_close(gradients_of(fused), gradients_of(composed), one().float32_tolerance.backward,
               "gradient of input");
}

TEST_P(Strided, StridedInputsGiveTheSame) {
  for (DType dtype : {DType::float32, DType::float64}) {
    if (dtype == DType::float32 && one().dtypes.empty()) continue;
    Inputs inputs = make_inputs(one().inputs, dtype);
    const Pass expected = run(one(), one().forward, inputs);
    for (Tensor& input : inputs) input = strided_copy(input);
    const Pass got = run(one(), one().forward, inputs);
    expect_close(to_doubles(got.outputs), to_doubles(expected.outputs), 1e-5, "output");
    expect_close(gradients_of(got), gradients_of(expected), 1e-5, "gradient of input");
  }
}

TEST_P(Guarded, BadInputIsNamed) {
  for (const BadInput& bad : one().errors) {
    try {
      one().forward(make_inputs(bad.inputs, DType::float32));
      ADD_FAILURE() << "accepted what should fail with: " << bad.message_contains.front();
    } catch (const Error& error) {
      for (const std::string& words : bad.message_contains)
        EXPECT_THAT(error.what(), ::testing::HasSubstr(words));
    }
  }
}

template <typename Wanted>
auto cases_where(Wanted wanted) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < op_cases().size(); ++i) {
    if (!op_cases()[i].benchmark_only && wanted(op_cases()[i])) indices.push_back(i);
  }
  return ::testing::ValuesIn(indices);
}

std::string case_name(const ::testing::TestParamInfo<std::size_t>& info) {
  const OpCase& one = op_cases()[info.param];
  std::string name = one.op + "_" + one.label;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name + "_" + std::to_string(info.param);
}

INSTANTIATE_TEST_SUITE_P(Op, Referenced, cases_where([](const OpCase& c) { return c.reference != nullptr; }),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Op, Differentiable, cases_where([](const OpCase& c) { return c.has_gradient; }),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Op, Typed, cases_where([](const OpCase& c) { return !c.dtypes.empty(); }),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Op, Fused, cases_where([](const OpCase& c) { return c.composed != nullptr; }),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Op, Strided, cases_where([](const OpCase& c) { return c.takes_strided; }),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Op, Guarded, cases_where([](const OpCase& c) { return !c.errors.empty(); }),
                         case_name);

TEST(OperationRegistry, EveryOperationHasACaseWithAReferenceAndABenchmark) {
  std::set<std::string> with_reference, with_benchmark;
  for (const OpCase& one : op_cases()) {
    if (one.reference) with_reference.insert(one.op);
    if (one.flops > 0 || one.bytes > 0) with_benchmark.insert(one.op);
  }
  for (const char* folder : operation_folders) {
    EXPECT_TRUE(with_reference.contains(folder))
        << "attune/ops/" << folder << "/test.cc registers no case with a reference";
    EXPECT_TRUE(with_benchmark.contains(folder))
        << "attune/ops/" << folder << "/test.cc registers no case to benchmark";
  }
}

}  // namespace
}  // namespace attune::testing
