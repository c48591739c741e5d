#include "attune/ops/activation/activation.h"

#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/ops/activation/cpu.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

using enum ActivationKind;

// f(x) and f'(x), the float64 path.
std::pair<double, double> value_and_slope(ActivationKind kind, double x) {
  const auto sigmoid_of = [](double z) { return 1 / (1 + std::exp(-z)); };
  switch (kind) {
    case relu:
      return {x > 0 ? x : 0, x > 0 ? 1 : 0};
    case gelu: {
      const double below = std::erfc(-x / std::numbers::sqrt2) / 2;  // P(X <= x) of a standard normal X
      const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
      return {x * below, below + x * density};
    }
    case gelu_tanh: {
      const double c = std::sqrt(2 / std::numbers::pi);
      const double t = std::tanh(c * (x + 0.044715 * x * x * x));
      return {x * (1 + t) / 2, (1 + t) / 2 + x * (1 - t * t) / 2 * c * (1 + 3 * 0.044715 * x * x)};
    }
    case ActivationKind::tanh: {
      const double y = std::tanh(x);
      return {y, 1 - y * y};
    }
    case sigmoid: {
      const double y = sigmoid_of(x);
      return {y, y * (1 - y)};
    }
    case silu: {
      const double s = sigmoid_of(x);
      return {x * s, s * (1 + x * (1 - s))};
    }
    case elu:
      return x > 0 ? std::pair{x, 1.0} : std::pair{std::expm1(x), std::exp(x)};
  }
  fail("activation: unknown kind {}", static_cast<int>(kind));
}

Tensor forward(const Tensor& x, ActivationKind kind) {
  Tensor y = Tensor::empty(x.shape(), x.dtype(), x.device());
  dispatch_floating(x.dtype(), "activation", [&]<typename T>(T*) {
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    if constexpr (std::is_same_v<T, double>) {
      for (std::int64_t i = 0; i < y.elements(); ++i) to[i] = value_and_slope(kind, from[i]).first;
    } else {
      cpu::activate(kernel_of(kind), from, to, y.elements());
    }
  });
  return y;
}

Tensor gradient(const Tensor& x, const Tensor& dy, ActivationKind kind) {
  Tensor dx = Tensor::empty(x.shape(), x.dtype(), x.device());
  dispatch_floating(x.dtype(), "activation", [&]<typename T>(T*) {
    const T *at = x.data<T>(), *from = dy.data<T>();
    T* to = dx.mutable_data<T>();
    if constexpr (std::is_same_v<T, double>) {
      for (std::int64_t i = 0; i < dx.elements(); ++i) to[i] = from[i] * value_and_slope(kind, at[i]).second;
    } else {
      cpu::activate_backward(kernel_of(kind), at, from, to, dx.elements());
    }
  });
  return dx;
}

constexpr std::array<std::pair<std::string_view, ActivationKind>, 9> names{{
    {"relu", relu},
    {"gelu", gelu},
    {"gelu_new", gelu_tanh},
    {"gelu_pytorch_tanh", gelu_tanh},
    {"tanh", ActivationKind::tanh},
    {"sigmoid", sigmoid},
    {"silu", silu},
    {"swish", silu},
    {"elu", elu},
}};

}  // namespace

cpu::Activation kernel_of(ActivationKind kind) {
  switch (kind) {
    case relu:
      return cpu::Activation::relu;
    case gelu:
      return cpu::Activation::gelu_erf;
    case gelu_tanh:
      return cpu::Activation::gelu_tanh;
    case ActivationKind::tanh:
      return cpu::Activation::tanh;
    case sigmoid:
      return cpu::Activation::sigmoid;
    case silu:
      return cpu::Activation::silu;
    case elu:
      return cpu::Activation::elu;
  }
  fail("activation: unknown kind {}", static_cast<int>(kind));
}

Tensor activation(const Tensor& x, ActivationKind kind) {
  const Tensor values = contiguous(detach(x));
  return record("activation", {x}, forward(values, kind),
                [values, kind](Backward& b) { b.add(0, gradient(values, contiguous(b.gradient()), kind)); });
}

ActivationKind activation_from_name(std::string_view name) {
  for (const auto& [known, kind] : names) {
    if (known == name) return kind;
  }
  fail("activation '{}' is not known, expected relu, gelu, gelu_new, tanh, sigmoid, silu or elu", name);
}

std::string_view name_of(ActivationKind kind) {
  for (const auto& [name, known] : names) {
    if (known == kind) return name;
  }
  fail("activation: unknown kind {}", static_cast<int>(kind));
}

}  // namespace attune::ops
