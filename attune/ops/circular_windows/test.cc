#include "attune/ops/circular_windows/circular_windows.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

OpCase windows(std::string label, Shape x, std::int64_t width, std::int64_t padding) {
  OpCase one{.op = "circular_windows", .label = std::move(label), .inputs = {{.shape = x}}};
  one.forward = [=](const Inputs& in) { return Outputs{ops::circular_windows(in[0], width, padding)}; };
  one.reference = [=](const Arrays& v) {
    const std::int64_t steps = x[1], channels = x[2];
    std::vector<double> y;
    for (std::int64_t b = 0; b < x[0]; ++b) {
      for (std::int64_t t = -padding; t + width <= steps + padding; ++t) {
        for (std::int64_t c = 0; c < channels; ++c) {
          for (std::int64_t k = 0; k < width; ++k) {
            std::int64_t step = t + k;
            if (step < 0) step += steps;
            if (step >= steps) step -= steps;
            y.push_back(v[0][static_cast<std::size_t>((b * steps + step) * channels + c)]);
          }
        }
      }
    }
    return Arrays{y};
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = windows("bad inputs", {1, 4, 2}, 3, 1);
  one.errors = {{{{.shape = {4, 2}}}, {"circular_windows: x has shape [4, 2], expected (B, T, C)"}},
                {{{.shape = {1, 0, 2}}}, {"of T > 0 steps"}},
                {{{.shape = {1, 3, 2}, .kind = Input::Kind::indices}}, {"dtype int64 is not supported"}}};
  return one;
}

OpCase too_wide() {
  OpCase one = windows("too wide", {1, 6, 2}, 5, 2);
  one.errors = {{{{.shape = {1, 1, 2}}}, {"a width of 5 and a padding of 2 do not fit 1 steps"}}};
  return one;
}

OpCase benchmark(std::string label, Shape x, std::int64_t padding) {
  OpCase one = windows(std::move(label), x, 3, padding);
  one.bytes = 4.0 * 4 * static_cast<double>(x.elements());
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    windows("width 3", {3, 5, 7}, 3, 1),
    windows("longer than it was", {2, 6, 4}, 3, 2),
    windows("without padding", {2, 6, 19}, 3, 0),
    windows("width 1", {2, 4, 3}, 1, 0),
    windows("width 4", {2, 5, 3}, 4, 1),
    windows("one step", {2, 1, 3}, 3, 1),
    windows("two steps, all of them padding", {1, 2, 5}, 3, 2),
    windows("no rows", {0, 4, 3}, 3, 1),
    windows("no channels", {2, 4, 0}, 3, 1),
    bad_inputs(),
    too_wide(),
    benchmark("hidden states", {32, 96, 512}, 2),
    benchmark("few channels", {32, 336, 7}, 1),
});

}  // namespace
}  // namespace attune::testing
