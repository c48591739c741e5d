#include "attune/backend/cpu/activation.h"

#include <numbers>

#include "attune/backend/cpu/test_values.h"

namespace attune::cpu {
namespace {

double value(Activation function, double x) {
  switch (function) {
    case Activation::none:
      return x;
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::gelu_erf:
      return x * std::erfc(-x / std::numbers::sqrt2) / 2;
    case Activation::gelu_tanh: {
      return x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x))) / 2;
    }
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::elu:
      return x > 0 ? x : std::expm1(x);
  }
  return 0;
}

class ActivationOf : public testing::TestWithParam<Activation> {
 protected:
  template <typename T>
  std::vector<T> inputs() {
    auto x = random_values<T>(20011, 1, 3.0);
    for (float far : {-1e4f, -100.0f, -20.0f, 20.0f, 100.0f, 1e4f}) x.push_back(T(far));
    return x;
  }

  template <typename T>
  void check_forward() {
    const auto x = inputs<T>();
    std::vector<T> y(x.size());
    std::vector<double> expected;
    for (double v : to_double(x)) expected.push_back(value(GetParam(), v));
    activate(GetParam(), x.data(), y.data(), static_cast<std::int64_t>(x.size()));
    expect_close(y, expected, 1e-6);
  }

  template <typename T>
  void check_backward() {
    const auto x = inputs<T>(), dy = random_values<T>(static_cast<std::int64_t>(x.size()), 2);
    const auto xd = to_double(x), dyd = to_double(dy);
    std::vector<double> expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double h = 1e-5 * std::max(1.0, std::abs(xd[i]));
      expected.push_back(dyd[i] * (value(GetParam(), xd[i] + h) - value(GetParam(), xd[i] - h)) / (2 * h));
    }
    std::vector<T> dx = x;  // in place
    activate_backward(GetParam(), dx.data(), dy.data(), dx.data(), static_cast<std::int64_t>(x.size()));
    expect_close(dx, expected, 1e-5);
  }
};

TEST_P(ActivationOf, Float32) { check_forward<float>(); }
TEST_P(ActivationOf, Bfloat16) { check_forward<bfloat16>(); }
TEST_P(ActivationOf, Float32Gradient) { check_backward<float>(); }
TEST_P(ActivationOf, Bfloat16Gradient) { check_backward<bfloat16>(); }

INSTANTIATE_TEST_SUITE_P(Every, ActivationOf,
                         testing::Values(Activation::none, Activation::relu, Activation::gelu_erf,
                                         Activation::gelu_tanh, Activation::tanh, Activation::sigmoid,
                                         Activation::silu, Activation::elu));

}  // namespace
}  // namespace attune::cpu
