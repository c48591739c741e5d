#include <algorithm>

#include "attune/ops/patches/patches.h"
#include "attune/ops/scale/scale.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

std::vector<double> cut(const std::vector<double>& x, std::int64_t steps, const ops::PatchOptions& options) {
  std::vector<double> y;
  for (std::int64_t row = 0; row < std::ssize(x); row += steps) {
    std::int64_t end = steps + options.padding;
    std::vector<std::vector<double>> found;  // from the end
    for (; end >= options.length; end -= options.stride) {
      found.emplace_back();
      for (std::int64_t t = end - options.length; t < end; ++t)
        found.back().push_back(x[static_cast<std::size_t>(row + std::min(t, steps - 1))]);
    }
    for (auto patch = found.rbegin(); patch != found.rend(); ++patch)
      y.insert(y.end(), patch->begin(), patch->end());
  }
  return y;
}

OpCase patches_case(std::string label, Shape x, ops::PatchOptions options) {
  OpCase one{.op = "patches", .label = std::move(label), .inputs = {{.shape = x}}};
  one.forward = [options](const Inputs& in) { return Outputs{ops::patches(in[0], options)}; };
  one.reference = [options, steps = x[-1]](const Arrays& a) { return Arrays{cut(a[0], steps, options)}; };
  return one;
}

// x goes two ways, so that its gradient is added to what is there.
OpCase beside_another_use() {
  OpCase one = patches_case("beside another use of x", {2, 9}, {4, 2, 2});
  one.forward = [](const Inputs& in) {
    return Outputs{ops::patches(in[0], {4, 2, 2}), ops::scale(in[0], 2)};
  };
  one.reference = [](const Arrays& a) {
    std::vector<double> twice;
    for (double x : a[0]) twice.push_back(2 * x);
    return Arrays{cut(a[0], 9, {4, 2, 2}), twice};
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = patches_case("bad inputs", {2, 9}, {4, 2, 2});
  one.errors = {{{{.shape = {}}}, {"patches: x is float32 []", "(..., T)"}},
                {{{.shape = {2, 1}}}, {"patches: 1 values and a padding of 2 do not make a patch of 4"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = patches_case("PatchTST", {32, 7, 336}, {16, 8, 8});
  one.bytes = 4.0 * 32 * 7 * 42 * 16 * 2;
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    patches_case("overlapping", {3, 2, 16}, {4, 2, 0}),
    patches_case("values left over at the start", {3, 19}, {4, 4, 0}),
    patches_case("padding", {2, 3, 16}, {4, 2, 2}),
    patches_case("padding longer than a patch", {2, 5}, {3, 2, 8}),
    patches_case("one patch", {2, 5}, {5, 1, 0}),
    patches_case("gaps between patches", {2, 17}, {2, 5, 0}),
    patches_case("patches side by side", {24, 40}, {8, 8, 0}),
    beside_another_use(),
    bad_inputs(),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
