#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "attune/autograd/tape.h"
#include "attune/ops/cross_entropy/cross_entropy.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

// The definition, with every q(v) and log softmax written out.
double loss_of(const std::vector<double>& logits, const std::vector<double>& targets,
               const ops::CrossEntropyOptions& options) {
  if (targets.empty()) return 0;
  const std::size_t classes = logits.size() / targets.size();
  double sum = 0, count = 0;
  for (std::size_t r = 0; r < targets.size(); ++r) {
    if (targets[r] == static_cast<double>(options.ignore_index)) continue;
    double normalizer = 0;
    for (std::size_t v = 0; v < classes; ++v) normalizer += std::exp(logits[r * classes + v]);
    for (std::size_t v = 0; v < classes; ++v) {
      const double one = static_cast<double>(v) == targets[r] ? 1 : 0;
      const double q =
          (1 - options.label_smoothing) * one + options.label_smoothing / static_cast<double>(classes);
      sum -= q * (logits[r * classes + v] - std::log(normalizer));
    }
    ++count;
  }
  return count == 0 ? 0 : sum / count;
}

OpCase loss_case(std::string label, Shape logits, const ops::CrossEntropyOptions& options = {}) {
  OpCase one{.op = "cross_entropy", .label = std::move(label)};
  one.inputs = {{.shape = logits, .low = -4, .high = 4},
                {.shape = logits.without(-1),
                 .kind = Input::Kind::indices,
                 .low = 0,
                 .high = static_cast<double>(logits[-1])}};
  one.forward = [options](const Inputs& in) { return Outputs{ops::cross_entropy(in[0], in[1], options)}; };
  one.reference = [options](const Arrays& a) { return Arrays{{loss_of(a[0], a[1], options)}}; };
  return one;
}

OpCase bad_inputs() {
  OpCase one = loss_case("bad inputs", {2, 3});
  const Input logits{.shape = {2, 3}};
  const auto targets = [](Shape shape, double value) {
    return Input{.shape = shape, .kind = Input::Kind::indices, .low = value, .high = value + 1};
  };
  one.errors = {
      {{logits, targets({2}, 3)}, {"cross_entropy: target 3 at position 0 is out of range for 3 classes"}},
      {{logits, targets({2}, -1)}, {"target -1", "ignored targets are -100"}},
      {{logits, targets({3}, 0)}, {"targets have shape [3], expected [2]"}},
      {{logits, {.shape = {2}}}, {"targets are float32, expected int64"}},
      {{{.shape = {2, 0}}, targets({2}, 0)}, {"shape (..., V)"}}};
  return one;
}

OpCase benchmark(std::string label, std::int64_t rows, std::int64_t classes) {
  OpCase one = loss_case(std::move(label), {rows, classes});
  one.bytes = 4.0 * static_cast<double>(rows * classes);
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    loss_case("odd sizes", {2, 3, 19}),
    loss_case("one class", {3, 1}),
    loss_case("one row", {1, 67}),
    loss_case("no rows", {0, 5}),
    loss_case("label smoothing", {5, 35}, {.label_smoothing = 0.1}),
    loss_case("an ignored target", {40, 4}, {.ignore_index = 2, .label_smoothing = 0.2}),
    bad_inputs(),
    benchmark("GPT-2", 256, 50257),
    benchmark("char GPT", 768, 65),
});

TEST(CrossEntropy, AllTargetsIgnoredGiveZeroAndNoGradient) {
  const Tensor logits = Tensor::full({2, 3}, 1);
  require_gradient(logits);
  const Tensor loss = ops::cross_entropy(logits, Tensor::from<std::int64_t>({-100, -100}, {2}));
  EXPECT_EQ(loss.item(), 0);
  backward(loss);
  EXPECT_EQ(gradient_of(logits).to_vector<float>(), std::vector<float>(6, 0));
}

TEST(CrossEntropy, LargeAndMaskedLogitsDoNotOverflow) {
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor logits = Tensor::from<float>({1e3F, -1e4F, 1e3F, -inf}, {1, 4});
  require_gradient(logits);
  const Tensor loss = ops::cross_entropy(logits, Tensor::from<std::int64_t>({2}, {1}));
  EXPECT_NEAR(loss.item(), std::log(2.0), 1e-6);
  backward(loss);
  const auto gradient = gradient_of(logits).to_vector<float>();
  const std::vector<float> expected{0.5F, 0, -0.5F, 0};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(gradient[i], expected[i], 1e-4) << i;
}

TEST(CrossEntropy, GradientIsScaledByWhatComesAfter) {
  const Tensor logits = Tensor::zeros({1, 2});
  require_gradient(logits);
  backward(ops::cross_entropy(logits, Tensor::from<std::int64_t>({0}, {1})), Tensor::full({}, 4));
  EXPECT_EQ(gradient_of(logits).to_vector<float>(), (std::vector<float>{-2, 2}));
}

// torch.nn.functional.cross_entropy(x, [3, -100, 1], label_smoothing=0.1) and its gradient, PyTorch 2.15.
TEST(CrossEntropy, LabelSmoothingIsPyTorchs) {
  const Tensor logits = Tensor::from<float>({1, -2, 0.5F, 3, 0.25F, 0.75F, -1, 2, -1, 1.5F, 2, 0}, {3, 4});
  require_gradient(logits);
  const Tensor loss =
      ops::cross_entropy(logits, Tensor::from<std::int64_t>({3, -100, 1}, {3}), {.label_smoothing = 0.1});
  EXPECT_NEAR(loss.item(), 0.8051960468, 1e-6);
  backward(loss);
  const std::vector<float> expected{0.0427768640F, -0.0097479261F, 0.0210271105F, -0.0540560745F, 0, 0, 0, 0,
                                    0.0013941687F, -0.2932343483F, 0.2665718496F, 0.0252682660F};
  const auto gradient = gradient_of(logits).to_vector<float>();
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(gradient[i], expected[i], 1e-6) << i;
}

TEST(CrossEntropy, LabelSmoothingMustBeAProbability) {
  EXPECT_THROW(
      ops::cross_entropy(Tensor::zeros({1, 2}), Tensor::zeros({1}, DType::int64), {.label_smoothing = 1}),
      Error);
}

}  // namespace
}  // namespace attune::testing
