#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/max_pool/max_pool.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

OpCase pool(std::string label, Shape x, std::int64_t width, std::int64_t stride, std::int64_t padding) {
  OpCase one{.op = "max_pool", .label = std::move(label), .inputs = {{.shape = x}}};
  one.forward = [=](const Inputs& in) { return Outputs{ops::max_pool(in[0], width, stride, padding)}; };
  one.reference = [=](const Arrays& v) {
    const std::int64_t steps = x[1], channels = x[2];
    std::vector<double> y;
    for (std::int64_t b = 0; b < x[0]; ++b) {
      for (std::int64_t first = -padding; first + width <= steps + padding; first += stride) {
        for (std::int64_t c = 0; c < channels; ++c) {
          double largest = -INFINITY;
          for (std::int64_t step = first; step < first + width; ++step) {
            if (step < 0 || step >= steps) continue;
            largest = std::max(largest, v[0][static_cast<std::size_t>((b * steps + step) * channels + c)]);
          }
          y.push_back(largest);
        }
      }
    }
    return Arrays{y};
  };
  // Rounding makes values equal, and the gradient then goes elsewhere than in float64.
  one.dtypes = {DType::float32};
  return one;
}

OpCase in_bfloat16() {
  OpCase one = pool("bfloat16", {2, 9, 5}, 3, 2, 1);
  one.dtypes = {DType::bfloat16};
  one.has_gradient = false;
  return one;
}

OpCase bad_inputs() {
  OpCase one = pool("bad inputs", {1, 4, 2}, 4, 1, 0);
  one.errors = {{{{.shape = {4, 2}}}, {"max_pool: x has shape [4, 2], expected (B, T, C)"}},
                {{{.shape = {1, 3, 2}}}, {"a window of 4 does not fit 3 steps"}},
                {{{.shape = {1, 0, 2}}}, {"does not fit 0 steps"}},
                {{{.shape = {1, 5, 2}, .kind = Input::Kind::indices}}, {"dtype int64 is not supported"}}};
  return one;
}

OpCase much_padding() {
  OpCase one = pool("too much padding", {1, 4, 2}, 3, 1, 1);
  one.forward = [](const Inputs& in) { return Outputs{ops::max_pool(in[0], 3, 1, in[0].dim(2) / 2)}; };
  one.errors = {{{{.shape = {1, 4, 4}}}, {"padding 2, expected a padding of at most half the width"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = pool("hidden states", {32, 98, 512}, 3, 2, 1);
  one.bytes = 1.5 * 4 * 32 * 98 * 512;
  one.backward_factor = 2;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    pool("as the Informer has it", {2, 9, 5}, 3, 2, 1),
    pool("an even length", {2, 6, 5}, 3, 2, 1),
    pool("windows that overlap", {2, 6, 3}, 3, 1, 1),
    pool("windows apart", {2, 7, 3}, 2, 3, 0),
    pool("one step", {2, 1, 3}, 3, 2, 1),
    pool("no rows", {0, 5, 3}, 3, 2, 1),
    pool("no channels", {2, 5, 0}, 3, 2, 1),
    in_bfloat16(),
    bad_inputs(),
    much_padding(),
    benchmark(),
});

TEST(MaxPool, TheFirstOfEqualValuesGetsTheGradient) {
  const Tensor x = Tensor::from({1.F, 2.F, 2.F, 2.F}, {1, 4, 1});
  require_gradient(x);
  backward(ops::max_pool(x, 3, 2, 1), Tensor::from({10.F, 1.F}, {1, 2, 1}));
  EXPECT_EQ(gradient_of(x).to_vector<float>(), (std::vector<float>{0, 11, 0, 0}));
}

}  // namespace
}  // namespace attune::testing
