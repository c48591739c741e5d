#include <algorithm>

#include "attune/ops/moving_average/moving_average.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

OpCase average_case(std::string label, Shape x, std::int64_t window) {
  OpCase one{.op = "moving_average", .label = std::move(label), .inputs = {{.shape = x}}};
  one.forward = [window](const Inputs& in) { return Outputs{ops::moving_average(in[0], window)}; };
  one.reference = [window, length = x[-1]](const Arrays& a) {
    std::vector<double> y;
    for (std::int64_t row = 0; row < std::ssize(a[0]); row += length) {
      for (std::int64_t t = 0; t < length; ++t) {
        double sum = 0;
        for (std::int64_t s = t - window / 2; s <= t + window / 2; ++s)
          sum += a[0][static_cast<std::size_t>(row + std::clamp<std::int64_t>(s, 0, length - 1))];
        y.push_back(sum / static_cast<double>(window));
      }
    }
    return Arrays{y};
  };
  one.dtypes = {DType::float32};
  return one;
}

OpCase bad_inputs() {
  OpCase one = average_case("bad inputs", {2, 5}, 3);
  one.errors = {{{{.shape = {}}}, {"moving_average: x is float32 []", "(..., T)"}},
                {{{.shape = {2, 3}, .kind = Input::Kind::indices}}, {"x is int64"}}};
  return one;
}

OpCase even_window() {
  OpCase one = average_case("an even window", {2, 5}, 3);
  one.forward = [](const Inputs& in) {
    return Outputs{ops::moving_average(in[0], in[0].dim(0) == 3 ? 4 : 3)};
  };
  one.errors = {{{{.shape = {3, 5}}}, {"the window is 4, expected an odd number"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = average_case("DLinear", {32, 7, 336}, 25);
  one.bytes = 2.0 * 4 * 32 * 7 * 336;
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    average_case("odd sizes", {3, 2, 19}, 5),
    average_case("a window of one", {2, 6}, 1),
    average_case("a window longer than the series", {2, 4}, 25),
    average_case("one step", {3, 1}, 3),
    average_case("no rows", {0, 4}, 3),
    average_case("several rows of a long window", {24, 40}, 25),
    bad_inputs(),
    even_window(),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
