#include "attune/ops/concatenate/concatenate.h"
#include "attune/ops/views/views.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

// Parts (outer, sizes[i], inner).
OpCase join(std::string label, std::int64_t outer, std::vector<std::int64_t> sizes, std::int64_t inner) {
  OpCase one{.op = "concatenate", .label = std::move(label)};
  for (std::int64_t size : sizes) one.inputs.push_back({.shape = {outer, size, inner}});
  one.forward = [](const Inputs& in) { return Outputs{ops::concatenate(in, 1)}; };
  one.reference = [=](const Arrays& v) {
    std::vector<double> y;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::size_t i = 0; i < v.size(); ++i) {
        const auto begin = v[i].begin() + o * sizes[i] * inner;
        y.insert(y.end(), begin, begin + sizes[i] * inner);
      }
    }
    return Arrays{y};
  };
  return one;
}

OpCase bad_parts() {
  OpCase one = join("bad parts", 2, {1, 2}, 3);
  one.errors = {
      {{}, {"concatenate: no parts"}},
      {{{.shape = {2, 3}}, {.shape = {4, 3}}}, {"part 1 has shape [4, 3]", "only dimension 1 may differ"}},
      {{{.shape = {2, 3}}, {.shape = {2, 3, 1}}}, {"part 1 has shape [2, 3, 1]"}},
      {{{.shape = {2, 3}}, {.shape = {2, 3}, .kind = Input::Kind::indices}},
       {"part 1 is int64, the first is float32"}},
      {{{.shape = {2}}}, {"axis 1 does not exist"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = join("two large", 64, {128, 128}, 768);
  one.bytes = 4.0 * 4 * 64 * 128 * 768;
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    join("odd sizes", 2, {3, 1, 5}, 7),
    join("one part", 3, {2}, 2),
    join("an empty part", 2, {2, 0, 1}, 3),
    join("columns", 4, {2, 3}, 1),
    join("rows", 1, {2, 3}, 5),
    join("nothing", 0, {2, 3}, 5),
    bad_parts(),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
