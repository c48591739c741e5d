#include "attune/autograd/gradient_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/multiply/multiply.h"
#include "attune/ops/scale/scale.h"

namespace attune {
namespace {

// y = x^3 with the gradient `slope` x^2: right for 3.
Function cube(double slope) {
  return [slope](const std::vector<Tensor>& in) {
    const Tensor y = Tensor::empty(in[0].shape(), DType::float64);
    for (std::int64_t i = 0; i < y.elements(); ++i)
      y.mutable_data<double>()[i] = std::pow(in[0].data<double>()[i], 3);
    const Tensor kept = detach(in[0]);
    return std::vector<Tensor>{record("cube", {in[0]}, y, [kept, slope](Backward& b) {
      b.add(0, ops::scale(ops::multiply(b.gradient(), ops::multiply(kept, kept)), slope));
    })};
  };
}

const Tensor& point() {
  static const Tensor x = Tensor::from<double>({0.5, -2, 0, 1.25}, {4});
  return x;
}

TEST(GradientCheck, AcceptsARightGradient) {
  EXPECT_LT(check_gradients(cube(3), {point()}, {true}).largest_error, 1e-8);
}

TEST(GradientCheck, FindsAWrongGradientAndSaysWhere) {
  const auto result = check_gradients(cube(3.1), {point()}, {true});
  EXPECT_GT(result.largest_error, 1e-3);
  EXPECT_THAT(result.where, testing::HasSubstr("input 0, element 1: tape"));
}

TEST(GradientCheck, FindsOneGradientThatIsNotANumber) {
  const Function f = [](const std::vector<Tensor>& in) {
    const Tensor factor = Tensor::from<double>({1, NAN, 1, 1}, {4});
    return std::vector<Tensor>{record("spoiled", {in[0]}, in[0].alias({4}, {1}, 0), [factor](Backward& b) {
      b.add(0, ops::multiply(b.gradient(), factor));
    })};
  };
  const auto result = check_gradients(f, {point()}, {true});
  EXPECT_GT(result.largest_error, 1);
  EXPECT_THAT(result.where, testing::HasSubstr("input 0, element 1: tape nan"));
}

TEST(GradientCheck, FindsAGradientThatIsMissing) {
  const Function cut = [](const std::vector<Tensor>& in) {
    return std::vector<Tensor>{ops::multiply(in[0], detach(in[0]))};
  };
  EXPECT_GT(check_gradients(cut, {point()}, {true}).largest_error, 0.1);
}

TEST(GradientCheck, LeavesInputsAloneThatAreNotDifferentiable) {
  const Function f = [](const std::vector<Tensor>& in) {
    return std::vector<Tensor>{ops::multiply(in[0], in[1]), ops::scale(in[0], 2)};
  };
  const Tensor before = Tensor::from<double>({1, 2, 3, 4}, {4});
  EXPECT_LT(check_gradients(f, {point(), before}, {true, false}).largest_error, 1e-8);
  EXPECT_EQ(before.to_vector<double>(), (std::vector<double>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace attune
