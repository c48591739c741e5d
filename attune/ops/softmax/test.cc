#include <cmath>

#include "attune/ops/softmax/softmax.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

Outputs forward(const Inputs& in) { return {ops::softmax(in[0])}; }
Outputs forward_log(const Inputs& in) { return {ops::log_softmax(in[0])}; }

// By the definition, without the shift that guards against overflow.
std::function<Arrays(const Arrays&)> reference(std::int64_t columns, bool logarithm) {
  return [=, n = static_cast<std::size_t>(columns)](const Arrays& v) {
    std::vector<double> y;
    for (std::size_t i = 0; i < v[0].size(); ++i) {
      double sum = 0;
      for (std::size_t j = i / n * n; j < i / n * n + n; ++j) sum += std::exp(v[0][j]);
      const double p = std::exp(v[0][i]) / sum;
      y.push_back(logarithm ? std::log(p) : p);
    }
    return Arrays{y};
  };
}

OpCase softmax_case(std::string label, Shape shape, double reach, bool logarithm) {
  OpCase one{.op = "softmax", .label = (logarithm ? "log " : "") + std::move(label)};
  one.inputs = {{.shape = shape, .low = -reach, .high = reach}};
  one.forward = logarithm ? forward_log : forward;
  one.reference = reference(shape[-1], logarithm);
  return one;
}

OpCase bad_input() {
  OpCase one = softmax_case("bad input", {3}, 1, false);
  one.errors = {{{{.shape = {}}}, {"softmax: x is a scalar"}},
                {{{.shape = {3}, .kind = Input::Kind::indices}}, {"softmax: dtype int64 is not supported"}}};
  return one;
}

OpCase benchmark(std::string label, Shape shape, bool logarithm) {
  OpCase one = softmax_case(std::move(label), shape, 3, logarithm);
  one.bytes = 2.0 * 4 * static_cast<double>(shape.elements());
  one.backward_factor = 1.5;
  one.benchmark_only = true;
  return one;
}

std::vector<OpCase> cases() {
  std::vector<OpCase> all;
  for (bool logarithm : {false, true}) {
    all.push_back(softmax_case("odd sizes", {2, 3, 37}, 2, logarithm));
    all.push_back(softmax_case("wide range", {4, 9}, 40, logarithm));
    all.push_back(softmax_case("one column", {3, 1}, 1, logarithm));
    all.push_back(softmax_case("one row", {5}, 1, logarithm));
    all.push_back(softmax_case("no rows", {0, 4}, 1, logarithm));
    all.push_back(softmax_case("no columns", {4, 0}, 1, logarithm));
    all.push_back(benchmark("scores", {16384, 256}, logarithm));
  }
  all.push_back(benchmark("vocabulary", {256, 50257}, true));
  all.push_back(bad_input());
  return all;
}

const RegisterOp registered(cases());

}  // namespace
}  // namespace attune::testing
