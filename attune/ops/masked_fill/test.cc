#include "attune/ops/masked_fill/masked_fill.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

Input mask(Shape shape) { return {.shape = shape, .kind = Input::Kind::mask, .high = 0.4}; }

// index_mask says which element of the mask belongs to element i.
OpCase fill_case(std::string label, Shape x, Shape m, std::function<std::size_t(std::size_t)> index_mask) {
  OpCase one{.op = "masked_fill", .label = std::move(label), .inputs = {{.shape = x}, mask(m)}};
  one.forward = [](const Inputs& in) { return Outputs{ops::masked_fill(in[0], in[1], -2.5)}; };
  one.reference = [index_mask](const Arrays& v) {
    std::vector<double> y = v[0];
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (v[1][index_mask(i)] != 0) y[i] = -2.5;
    }
    return Arrays{y};
  };
  return one;
}

OpCase bad_mask() {
  OpCase one = fill_case("bad mask", {2}, {2}, [](std::size_t i) { return i; });
  one.errors = {
      {{{.shape = {2}}, {.shape = {2}}}, {"masked_fill: mask has dtype float32, expected bool"}},
      {{{.shape = {2, 3}}, mask({2})}, {"masked_fill: shapes [2, 3] and [2] do not broadcast"}},
      {{{.shape = {1, 3}}, mask({2, 3})}, {"mask has shape [2, 3], which does not broadcast to x [1, 3]"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = fill_case("causal scores", {48, 256, 256}, {256, 256}, nullptr);
  one.bytes = 2.0 * 4 * 48 * 256 * 256;
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    fill_case("one shape", {3, 5, 7}, {3, 5, 7}, [](std::size_t i) { return i; }),
    fill_case("causal", {2, 3, 4, 4}, {4, 4}, [](std::size_t i) { return i % 16; }),
    fill_case("padding", {2, 3, 4}, {2, 1, 4}, [](std::size_t i) { return i / 12 * 4 + i % 4; }),
    fill_case("rows", {2, 3, 4}, {3, 1}, [](std::size_t i) { return i / 4 % 3; }),
    fill_case("scalar mask", {2, 3}, {}, [](std::size_t) { return 0; }),
    fill_case("one element", {1}, {1}, [](std::size_t) { return 0; }),
    fill_case("no elements", {0, 4}, {4}, [](std::size_t i) { return i; }),
    bad_mask(),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
