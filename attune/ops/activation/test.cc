#include <cmath>
#include <numbers>

#include "attune/ops/activation/activation.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

using ops::ActivationKind;

// The definitions as the papers print them.
double by_definition(ActivationKind kind, double x) {
  switch (kind) {
    case ActivationKind::relu:
      return std::max(x, 0.0);
    case ActivationKind::gelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case ActivationKind::gelu_tanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * std::pow(x, 3))));
    case ActivationKind::tanh:
      return (std::exp(x) - std::exp(-x)) / (std::exp(x) + std::exp(-x));
    case ActivationKind::sigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationKind::silu:
      return x / (1 + std::exp(-x));
    case ActivationKind::elu:
      return x > 0 ? x : std::exp(x) - 1;
  }
  return 0;
}

OpCase activation_case(ActivationKind kind, Shape shape, double reach) {
  OpCase one{.op = "activation", .label = std::string(ops::name_of(kind))};
  one.inputs = {{.shape = shape, .low = -reach, .high = reach}};
  one.forward = [kind](const Inputs& in) { return Outputs{ops::activation(in[0], kind)}; };
  one.reference = [kind](const Arrays& v) {
    std::vector<double> y;
    for (double x : v[0]) y.push_back(by_definition(kind, x));
    return Arrays{y};
  };
  return one;
}

OpCase benchmark(ActivationKind kind, std::string label, Shape shape) {
  OpCase one = activation_case(kind, shape, 3);
  one.label = std::move(label);
  one.bytes = 2.0 * 4 * static_cast<double>(shape.elements());
  one.backward_factor = 1.5;
  one.benchmark_only = true;
  return one;
}

OpCase bad_type() {
  OpCase one = activation_case(ActivationKind::relu, {3}, 1);
  one.errors = {
      {{{.shape = {3}, .kind = Input::Kind::indices}}, {"activation: dtype int64 is not supported"}}};
  return one;
}

std::vector<OpCase> cases() {
  std::vector<OpCase> all;
  for (ActivationKind kind :
       {ActivationKind::relu, ActivationKind::gelu, ActivationKind::gelu_tanh, ActivationKind::tanh,
        ActivationKind::sigmoid, ActivationKind::silu, ActivationKind::elu}) {
    all.push_back(activation_case(kind, {3, 5, 7}, 2));
    all.push_back(activation_case(kind, {2, 50}, 12));
    all.push_back(activation_case(kind, {}, 1));
    all.push_back(activation_case(kind, {0, 3}, 1));
    all.push_back(benchmark(kind, std::string(ops::name_of(kind)) + " large", {1024, 3072}));
  }
  all.push_back(benchmark(ActivationKind::gelu_tanh, "gelu_new small", {12, 64, 512}));
  all.push_back(bad_type());
  return all;
}

const RegisterOp registered(cases());

}  // namespace
}  // namespace attune::testing
