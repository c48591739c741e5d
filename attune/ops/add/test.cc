#include "attune/ops/add/add.h"
#include "attune/ops/views/views.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

Outputs forward(const Inputs& in) { return {ops::add(in[0], in[1])}; }

// index_b says which element of b meets element i of the result.
OpCase add_case(std::string label, Shape a, Shape b, std::function<std::size_t(std::size_t)> index_b) {
  OpCase one{.op = "add", .label = std::move(label), .inputs = {{.shape = a}, {.shape = b}}};
  one.forward = forward;
  one.reference = [index_b](const Arrays& v) {
    std::vector<double> y = v[0];
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += v[1][index_b(i)];
    return Arrays{y};
  };
  return one;
}

// a (2, 1, 3) and b (4, 1): both are repeated.
OpCase both_repeated() {
  OpCase one{.op = "add", .label = "both repeated", .inputs = {{.shape = {2, 1, 3}}, {.shape = {4, 1}}}};
  one.forward = forward;
  one.reference = [](const Arrays& v) {
    std::vector<double> y;
    for (std::size_t i = 0; i < 24; ++i) y.push_back(v[0][i / 12 * 3 + i % 3] + v[1][i / 3 % 4]);
    return Arrays{y};
  };
  return one;
}

OpCase twice_the_same() {
  OpCase one{.op = "add", .label = "a tensor to itself", .inputs = {{.shape = {3, 2}}}};
  one.forward = [](const Inputs& in) { return Outputs{ops::add(in[0], in[0])}; };
  one.reference = [](const Arrays& v) {
    std::vector<double> y = v[0];
    for (double& value : y) value *= 2;
    return Arrays{y};
  };
  return one;
}

// A float32 residual and a bfloat16 branch (the dtype under test), in either order.
OpCase mixed_types(Shape residual, Shape branch, bool branch_first) {
  OpCase one = add_case("float32 and bfloat16", residual, branch,
                        [n = static_cast<std::size_t>(branch.elements())](std::size_t i) { return i % n; });
  one.inputs[0].kind = Input::Kind::parameter;
  if (branch_first) one.forward = [](const Inputs& in) { return Outputs{ops::add(in[1], in[0])}; };
  return one;
}

OpCase transposed() {
  OpCase one{.op = "add", .label = "transposed", .inputs = {{.shape = {3, 4}}, {.shape = {4, 3}}}};
  one.forward = [](const Inputs& in) { return Outputs{ops::add(ops::transpose(in[0], 0, 1), in[1])}; };
  one.reference = [](const Arrays& v) {
    std::vector<double> y = v[1];
    for (std::size_t i = 0; i < 12; ++i) y[i] += v[0][i % 3 * 4 + i / 3];
    return Arrays{y};
  };
  return one;
}

OpCase bad_operands() {
  OpCase one = add_case("bad operands", {2}, {2}, [](std::size_t i) { return i; });
  one.errors = {{{{.shape = {2, 3}}, {.shape = {2}}}, {"add: shapes [2, 3] and [2] do not broadcast"}},
                {{{.shape = {2}}, {.shape = {2}, .kind = Input::Kind::indices}},
                 {"add: operands of float32 and int64"}}};
  return one;
}

OpCase benchmark(std::string label, Shape a, Shape b) {
  OpCase one{.op = "add", .label = std::move(label), .inputs = {{.shape = a}, {.shape = b}}};
  one.forward = forward;
  one.bytes = 4.0 * static_cast<double>(2 * a.elements() + b.elements());
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    add_case("one shape", {2, 3, 5}, {2, 3, 5}, [](std::size_t i) { return i; }),
    add_case("bias", {4, 7}, {7}, [](std::size_t i) { return i % 7; }),
    add_case("positions", {3, 2, 5}, {2, 5}, [](std::size_t i) { return i % 10; }),
    add_case("repeated in the middle", {2, 3, 4}, {2, 1, 4},
             [](std::size_t i) { return i / 12 * 4 + i % 4; }),
    add_case("repeated at the end", {2, 3, 4}, {2, 3, 1}, [](std::size_t i) { return i / 4; }),
    add_case("repeated at both ends", {2, 3, 4}, {3, 1}, [](std::size_t i) { return i / 4 % 3; }),
    add_case("scalar", {2, 3}, {}, [](std::size_t) { return 0; }),
    add_case("two scalars", {}, {}, [](std::size_t) { return 0; }),
    add_case("one element", {1, 1}, {1}, [](std::size_t) { return 0; }),
    add_case("no elements", {0, 3}, {3}, [](std::size_t i) { return i; }),
    both_repeated(),
    twice_the_same(),
    mixed_types({2, 3, 4}, {2, 3, 4}, false),
    mixed_types({2, 3, 4}, {2, 3, 4}, true),
    mixed_types({2, 3, 4}, {4}, false),
    transposed(),
    bad_operands(),
    benchmark("residual", {8192, 768}, {8192, 768}),
    benchmark("bias", {8192, 768}, {768}),
    benchmark("small", {12, 64, 128}, {12, 64, 128}),
});

}  // namespace
}  // namespace attune::testing
