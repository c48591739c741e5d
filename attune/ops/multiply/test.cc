#include "attune/ops/multiply/multiply.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

Outputs forward(const Inputs& in) { return {ops::multiply(in[0], in[1])}; }

// index_b says which element of b meets element i of the result.
OpCase multiply_case(std::string label, Shape a, Shape b, std::function<std::size_t(std::size_t)> index_b) {
  OpCase one{.op = "multiply", .label = std::move(label), .inputs = {{.shape = a}, {.shape = b}}};
  one.forward = forward;
  one.reference = [index_b](const Arrays& v) {
    std::vector<double> y = v[0];
    for (std::size_t i = 0; i < y.size(); ++i) y[i] *= v[1][index_b(i)];
    return Arrays{y};
  };
  return one;
}

OpCase square() {
  OpCase one{.op = "multiply", .label = "square", .inputs = {{.shape = {3, 3}}}};
  one.forward = [](const Inputs& in) { return Outputs{ops::multiply(in[0], in[0])}; };
  one.reference = [](const Arrays& v) {
    std::vector<double> y = v[0];
    for (double& value : y) value *= value;
    return Arrays{y};
  };
  return one;
}

OpCase bad_operands() {
  OpCase one = multiply_case("bad operands", {2}, {2}, [](std::size_t i) { return i; });
  one.errors = {
      {{{.shape = {2, 3}}, {.shape = {2}}}, {"multiply: shapes [2, 3] and [2] do not broadcast"}},
      {{{.shape = {2}}, {.shape = {2}, .kind = Input::Kind::indices}}, {"operands of float32 and int64"}},
      {{{.shape = {2}, .kind = Input::Kind::indices}, {.shape = {2}, .kind = Input::Kind::indices}},
       {"multiply: dtype int64 is not supported"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = multiply_case("large", {8192, 768}, {8192, 768}, nullptr);
  one.bytes = 3.0 * 4 * 8192 * 768;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    multiply_case("one shape", {2, 5, 7}, {2, 5, 7}, [](std::size_t i) { return i; }),
    multiply_case("repeated at the front", {3, 2, 5}, {5}, [](std::size_t i) { return i % 5; }),
    multiply_case("repeated at the end", {3, 2, 5}, {3, 2, 1}, [](std::size_t i) { return i / 5; }),
    multiply_case("scalar", {2, 3}, {}, [](std::size_t) { return 0; }),
    multiply_case("one element", {1}, {1}, [](std::size_t) { return 0; }),
    multiply_case("no elements", {2, 0}, {2, 1}, [](std::size_t) { return 0; }),
    square(),
    bad_operands(),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
