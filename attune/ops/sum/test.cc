#include "attune/ops/multiply/multiply.h"
#include "attune/ops/sum/sum.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

OpCase total(std::string label, Shape shape) {
  OpCase one{.op = "sum", .label = std::move(label), .inputs = {{.shape = shape}}};
  one.forward = [](const Inputs& in) { return Outputs{ops::sum(in[0])}; };
  one.reference = [](const Arrays& v) {
    double sum = 0;
    for (double value : v[0]) sum += value;
    return Arrays{{sum}};
  };
  return one;
}

OpCase over_axis(std::string label, Shape shape, int axis) {
  OpCase one{.op = "sum", .label = std::move(label), .inputs = {{.shape = shape}}};
  one.forward = [axis](const Inputs& in) { return Outputs{ops::sum(in[0], axis)}; };
  std::size_t inner = 1, run = static_cast<std::size_t>(shape[axis]);
  for (int after = shape.normalize(axis) + 1; after < shape.rank(); ++after)
    inner *= static_cast<std::size_t>(shape[after]);
  const auto count = static_cast<std::size_t>(shape.without(axis).elements());
  one.reference = [=](const Arrays& v) {
    std::vector<double> y(count, 0);
    for (std::size_t i = 0; i < v[0].size(); ++i) y[i / (run * inner) * inner + i % inner] += v[0][i];
    return Arrays{y};
  };
  return one;
}

OpCase long_rows() {
  OpCase one = total("more than a block", {3, 33000});
  one.has_gradient = false;  // too many central differences
  return one;
}

// The sum's gradient is one number repeated without memory of its own; the next operation has to walk it.
OpCase of_squares() {
  OpCase one = total("of squares", {3, 4});
  one.forward = [](const Inputs& in) { return Outputs{ops::sum(ops::multiply(in[0], in[0]))}; };
  one.reference = [](const Arrays& v) {
    double sum = 0;
    for (double value : v[0]) sum += value * value;
    return Arrays{{sum}};
  };
  return one;
}

OpCase bad_input() {
  OpCase one = over_axis("bad input", {2, 3}, 1);
  one.errors = {{{{.shape = {3}}}, {"axis 1 does not exist in a tensor of shape [3]"}},
                {{{.shape = {3, 2}, .kind = Input::Kind::indices}}, {"sum: dtype int64 is not supported"}}};
  return one;
}

OpCase benchmark(std::string label, int axis) {
  OpCase one = over_axis(std::move(label), {8192, 768}, axis);
  one.bytes = 4.0 * 8192 * 768;
  one.backward_factor = 0;  // the gradient is a window that repeats dy
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    total("all", {3, 5, 7}),
    long_rows(),
    total("one element", {1, 1}),
    total("scalar", {}),
    total("nothing", {0, 3}),
    over_axis("first", {4, 3, 5}, 0),
    over_axis("middle", {4, 3, 5}, 1),
    over_axis("last", {4, 3, 37}, -1),
    over_axis("only", {6}, 0),
    over_axis("of one", {3, 1, 2}, 1),
    over_axis("of none", {3, 0, 2}, 1),
    over_axis("none remain", {0, 3}, 1),
    of_squares(),
    bad_input(),
    benchmark("columns", 0),
    benchmark("rows", 1),
});

}  // namespace
}  // namespace attune::testing
