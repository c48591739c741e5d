#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/ops/linear/linear.h"
#include "attune/ops/linear_cross_entropy/cpu.h"
#include "attune/ops/linear_cross_entropy/linear_cross_entropy.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

constexpr auto parameter = Input::Kind::parameter;

std::vector<double> losses_of(const Arrays& a, double smoothing) {
  const std::size_t tokens = a[2].size(), width = a[0].size() / tokens, classes = a[1].size() / width;
  std::vector<double> losses;
  for (std::size_t t = 0; t < tokens; ++t) {
    std::vector<double> logits(classes, 0);
    double normalizer = 0, mean = 0;
    for (std::size_t v = 0; v < classes; ++v) {
      for (std::size_t k = 0; k < width; ++k) logits[v] += a[0][t * width + k] * a[1][v * width + k];
      normalizer += std::exp(logits[v]);
      mean += logits[v] / static_cast<double>(classes);
    }
    losses.push_back(std::log(normalizer) - (1 - smoothing) * logits[static_cast<std::size_t>(a[2][t])] -
                     smoothing * mean);
  }
  return losses;
}

OpCase loss_case(std::string label, Shape x, std::int64_t classes, double smoothing = 0) {
  OpCase one{.op = "linear_cross_entropy", .label = std::move(label)};
  one.inputs = {
      {.shape = x},
      {.shape = {classes, x[-1]}, .kind = parameter},
      {.shape = x.without(-1), .kind = Input::Kind::indices, .low = 0, .high = static_cast<double>(classes)}};
  const ops::CrossEntropyOptions options{.label_smoothing = smoothing};
  one.forward = [options](const Inputs& in) {
    return Outputs{ops::linear_cross_entropy(in[0], in[1], in[2], options)};
  };
  one.composed = [options](const Inputs& in) {
    return Outputs{ops::cross_entropy(ops::linear(in[0], in[1]), in[2], options)};
  };
  one.reference = [smoothing](const Arrays& a) {
    double sum = 0;
    for (double loss : losses_of(a, smoothing)) sum += loss / static_cast<double>(a[2].size());
    return Arrays{{sum}};
  };
  one.prepare_compute_copies = true;
  return one;
}

// The bias stands last, after the targets.
OpCase with_bias(std::string label, Shape x, std::int64_t classes) {
  OpCase one = loss_case(std::move(label), x, classes);
  one.inputs.push_back({.shape = {classes}, .kind = parameter});
  one.forward = [](const Inputs& in) {
    return Outputs{ops::linear_cross_entropy(in[0], in[1], in[3], in[2])};
  };
  one.composed = [](const Inputs& in) {
    return Outputs{ops::cross_entropy(ops::linear(in[0], in[1], in[3]), in[2])};
  };
  one.reference = [](const Arrays& a) {
    // A bias is one more column of the weight, for an input that is always one.
    const std::size_t tokens = a[2].size(), width = a[0].size() / tokens;
    Arrays wide(3);
    const auto widen = [width](const std::vector<double>& from, std::size_t row, double last,
                               std::vector<double>& to) {
      to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(row * width),
                from.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
      to.push_back(last);
    };
    for (std::size_t t = 0; t < tokens; ++t) widen(a[0], t, 1, wide[0]);
    for (std::size_t v = 0; v < a[3].size(); ++v) widen(a[1], v, a[3][v], wide[1]);
    wide[2] = a[2];
    double sum = 0;
    for (double loss : losses_of(wide, 0)) sum += loss / static_cast<double>(tokens);
    return Arrays{{sum}};
  };
  return one;
}

OpCase bad_bias() {
  OpCase one = with_bias("bad bias", {2, 3}, 4);
  one.errors = {{{{.shape = {2, 3}},
                  {.shape = {4, 3}},
                  {.shape = {2}, .kind = Input::Kind::indices, .low = 0, .high = 1},
                  {.shape = {5}}},
                 {"linear_cross_entropy: bias is", "[5]", "expected", "[4]"}}};
  return one;
}

OpCase no_rows() {
  OpCase one = loss_case("no rows", {0, 3}, 4);
  one.reference = [](const Arrays&) { return Arrays{{0}}; };
  return one;
}

OpCase each_token() {
  OpCase one = loss_case("losses of tokens", {3, 5, 7}, 11);
  one.forward = [](const Inputs& in) { return Outputs{ops::token_losses(in[0], in[1], in[2])}; };
  one.reference = [](const Arrays& a) { return Arrays{losses_of(a, 0)}; };
  one.composed = nullptr;
  one.has_gradient = false;
  one.dtypes = {DType::float32};
  return one;
}

OpCase bad_inputs() {
  OpCase one = loss_case("bad inputs", {2, 3}, 4);
  const auto at = [](Shape shape) { return Input{.shape = shape}; };
  const auto target = [](double value) {
    return Input{.shape = {2}, .kind = Input::Kind::indices, .low = value, .high = value + 1};
  };
  one.errors = {
      {{at({2, 3}), at({4, 5}), target(0)}, {"linear_cross_entropy: x has shape [2, 3]", "dimension of 5"}},
      {{at({2, 3}), at({4}), target(0)}, {"weight has shape [4], expected (V, D)"}},
      {{at({2, 3}), at({4, 3}), target(4)}, {"target 4 at position 0", "4 classes"}},
      {{at({3, 3}), at({4, 3}), target(0)}, {"targets have shape [2], expected [3]"}}};
  return one;
}

OpCase benchmark(std::string label, std::int64_t rows, std::int64_t width, std::int64_t classes) {
  OpCase one = loss_case(std::move(label), {rows, width}, classes);
  one.flops = 2.0 * static_cast<double>(rows * width * classes);
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    loss_case("odd sizes", {2, 3, 5}, 37),
    loss_case("one class", {2, 3}, 1),
    loss_case("label smoothing", {6, 9}, 19, 0.1),
    with_bias("bias", {2, 3, 5}, 37),
    bad_bias(),
    no_rows(),
    each_token(),
    bad_inputs(),
    benchmark("GPT-2", 256, 768, 50257),
    benchmark("char GPT", 768, 128, 65),
});

using Loss = Tensor (*)(const Tensor& x, const Tensor& weight, const Tensor& targets);

Tensor fused_loss(const Tensor& x, const Tensor& weight, const Tensor& targets) {
  return ops::linear_cross_entropy(x, weight, targets);
}

Tensor composed_loss(const Tensor& x, const Tensor& weight, const Tensor& targets) {
  return ops::cross_entropy(ops::linear(x, weight), targets);
}

struct Gradients {
  double loss;
  std::vector<float> x, weight;
};

Gradients run(Loss loss_of, const Tensor& x, const Tensor& weight, const Tensor& targets, double upstream) {
  const Tensor leaf = detach(x), table = detach(weight);
  require_gradient(leaf);
  require_gradient(table);
  const Tensor loss = loss_of(leaf, table, targets);
  backward(loss, Tensor::full({}, upstream));
  return {loss.item(), gradient_of(leaf).to_vector<float>(), gradient_of(table).to_vector<float>()};
}

void expect_same(const Gradients& got, const Gradients& expected) {
  EXPECT_NEAR(got.loss, expected.loss, 1e-5 * std::abs(expected.loss));
  for (std::size_t i = 0; i < got.x.size(); ++i) ASSERT_NEAR(got.x[i], expected.x[i], 1e-6) << i;
  for (std::size_t i = 0; i < got.weight.size(); ++i)
    ASSERT_NEAR(got.weight[i], expected.weight[i], 1e-6) << i;
}

// A layer whose logits are too large to keep, in tiles of three rows, as an operation on the tape.
Tensor tiled_loss(const Tensor& x, const Tensor& weight, const Tensor& targets) {
  const ops::OutputLayer layer{.x = detach(x),
                               .weight = detach(weight),
                               .bias = {},
                               .targets = targets,
                               .options = {},
                               .kept_bytes = 0,
                               .tile_bytes = 3 * weight.dim(0) * 4};
  const Tensor loss = Tensor::empty({});
  const auto state = ops::output_layer_forward(layer, true, loss);
  EXPECT_FALSE(state.gradient.defined());
  return record("tiled", {x, weight}, loss, [layer, state](Backward& b) {
    ops::output_layer_backward(layer, state, b.gradient(), {b.target(0), b.target(1), {}});
  });
}

TEST(LinearCrossEntropy, TilesGiveTheSameGradients) {
  const Inputs in = make_inputs({{.shape = {10, 5}}, {.shape = {21, 5}}}, DType::float32);
  const Tensor targets = Tensor::from<std::int64_t>({1, 20, 0, -100, 4, 4, 7, 19, 3, 2}, {10});
  expect_same(run(tiled_loss, in[0], in[1], targets, 0.5), run(composed_loss, in[0], in[1], targets, 0.5));
}

TEST(LinearCrossEntropy, KeptGradientIsScaledAndIgnoredTokensTakeNoPart) {
  const Inputs in = make_inputs({{.shape = {5, 4}}, {.shape = {7, 4}}}, DType::float32);
  const Tensor targets = Tensor::from<std::int64_t>({1, -100, 6, -100, 0}, {5});
  expect_same(run(fused_loss, in[0], in[1], targets, 3), run(composed_loss, in[0], in[1], targets, 3));
}

TEST(LinearCrossEntropy, TiedWeightGathersTheGradientsOfBothUses) {
  const Inputs in = make_inputs({{.shape = {2, 4}}, {.shape = {7, 4}}}, DType::float32);
  const Tensor targets = Tensor::from<std::int64_t>({1, 3}, {2});
  require_gradient(in[1]);
  std::vector<float> once;
  for (int use = 0; use < 2; ++use) {
    backward(ops::linear_cross_entropy(in[0], in[1], targets));
    if (use == 0) once = gradient_of(in[1]).to_vector<float>();
  }
  const auto twice = gradient_of(in[1]).to_vector<float>();
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_FLOAT_EQ(twice[i], 2 * once[i]) << i;
}

TEST(LinearCrossEntropy, TilesAddUpTheGradientOfABias) {
  const Inputs in = make_inputs({{.shape = {10, 5}}, {.shape = {21, 5}}, {.shape = {21}}}, DType::float32);
  const Tensor targets = Tensor::from<std::int64_t>({1, 20, 0, -100, 4, 4, 7, 19, 3, 2}, {10});
  const ops::OutputLayer layer{.x = in[0],
                               .weight = in[1],
                               .bias = in[2],
                               .targets = targets,
                               .options = {},
                               .kept_bytes = 0,
                               .tile_bytes = 3 * 21 * 4};
  const Tensor loss = Tensor::empty({}), dbias = Tensor::empty({21});
  ops::output_layer_backward(layer, ops::output_layer_forward(layer, true, loss), Tensor::full({}, 1),
                             {{}, {}, {dbias, false}});
  require_gradient(in[2]);
  const Tensor composed = ops::cross_entropy(ops::linear(in[0], in[1], in[2]), targets);
  EXPECT_NEAR(loss.item(), composed.item(), 1e-5);
  backward(composed);
  const auto got = dbias.to_vector<float>(), expected = gradient_of(in[2]).to_vector<float>();
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6) << i;
}

TEST(LinearCrossEntropy, IgnoredTokenHasNoLoss) {
  const Tensor x = Tensor::full({2, 3}, 1), weight = Tensor::zeros({4, 3});
  const auto losses =
      ops::token_losses(x, weight, Tensor::from<std::int64_t>({-100, 2}, {2})).to_vector<float>();
  EXPECT_EQ(losses[0], 0);
  EXPECT_NEAR(losses[1], std::log(4.0), 1e-6);
}

TEST(LinearCrossEntropy, BFloat16WeightServesEvaluation) {
  const Inputs in = make_inputs({{.shape = {9, 4}}, {.shape = {7, 4}}}, DType::float32);
  const Tensor narrow = make_inputs({{.shape = {9, 4}}, {.shape = {7, 4}}}, DType::bfloat16)[1];
  const Tensor targets = Tensor::zeros({9}, DType::int64);
  const auto expected = ops::token_losses(in[0], in[1], targets).to_vector<float>();
  const auto got = ops::token_losses(in[0], narrow, targets).to_vector<float>();
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5) << i;
}

TEST(LinearCrossEntropy, TokenLossesRefuseABackwardPass) {
  const Tensor weight = Tensor::zeros({4, 3});
  require_gradient(weight);
  const Tensor losses = ops::token_losses(Tensor::full({1, 3}, 1), weight, Tensor::zeros({1}, DType::int64));
  EXPECT_THROW(backward(losses), Error);
}

}  // namespace
}  // namespace attune::testing
