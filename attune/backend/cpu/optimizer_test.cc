#include "attune/backend/cpu/optimizer.h"

#include <functional>
#include <limits>

#include "attune/backend/cpu/test_values.h"
#include "attune/backend/cpu/threads.h"

namespace attune::cpu {
namespace {

// Three steps on four parameters; expected values from PyTorch 2 in float64 (torch.optim.AdamW, Adam and SGD
// with lr 0.01, betas (0.9, 0.99), eps 1e-8, momentum 0.9, weight_decay 0.1).
std::vector<float> after_three_steps(
    const std::function<void(std::int64_t step, const ParameterRange&)>& step) {
  std::vector<float> parameter = {0.5f, -1.25f, 2.0f, -0.001f};
  const std::vector<float> gradients[3] = {
      {0.1f, -0.2f, 3.0f, 0.0f}, {-0.4f, 0.5f, 1e-4f, 2.0f}, {0.3f, 0.3f, -7.0f, -1.0f}};
  for (int i = 0; i < 3; ++i)
    step(i + 1, {.parameter = parameter.data(), .gradient = gradients[i].data(), .n = 4});
  return parameter;
}

TEST(Optimizer, AdamWMatchesPyTorch) {
  std::vector<float> m(4), v(4);
  const auto got = after_three_steps([&](std::int64_t step, const ParameterRange& range) {
    adam_step({.learning_rate = 0.01, .beta2 = 0.99, .weight_decay = 0.1, .step = step}, range, m.data(),
              v.data());
  });
  expect_close(got, {0.493836991501, -1.246776722934, 1.981138572815, -0.01069854067}, 2e-7);
}

TEST(Optimizer, AdamMatchesPyTorch) {
  std::vector<float> m(4), v(4);
  const auto got = after_three_steps([&](std::int64_t step, const ParameterRange& range) {
    const AdamOptions options{
        .learning_rate = 0.01, .beta2 = 0.99, .weight_decay = 0.1, .decoupled_decay = false, .step = step};
    adam_step(options, range, m.data(), v.data());
  });
  expect_close(got, {0.492293621419, -1.244297474184, 1.986248789172, -0.000711410482}, 2e-7);
}

TEST(Optimizer, SgdMatchesPyTorch) {
  std::vector<float> velocity(4);
  const auto got = after_three_steps([&](std::int64_t, const ParameterRange& range) {
    sgd_step({.learning_rate = 0.01, .momentum = 0.9, .weight_decay = 0.1}, range, velocity.data());
  });
  expect_close(got, {0.4990871985, -1.25007609675, 1.977601669, -0.028974394799}, 2e-7);
}

TEST(Optimizer, SgdWithoutMomentum) {
  std::vector<float> p = {1.0f, 2.0f};
  const std::vector<float> g = {0.5f, -4.0f};
  sgd_step({.learning_rate = 0.25},
           {.parameter = p.data(), .gradient = g.data(), .n = 2, .gradient_scale = 0.5f}, nullptr);
  EXPECT_EQ(p, (std::vector<float>{0.9375f, 2.5f}));
}

// A large range of odd length, with clipping and the copy: each element by the definition in float64.
TEST(Optimizer, AdamOnAFlatRange) {
  const std::int64_t n = 100003;
  auto p = random_values<float>(n, 1), m = random_values<float>(n, 2, 0.1),
       v = random_values<float>(n, 3, 0.1);
  for (float& x : v) x = x * x;
  const auto g = random_values<float>(n, 4);
  std::vector<double> expected;
  const AdamOptions options{
      .learning_rate = 0.003, .beta1 = 0.8, .beta2 = 0.95, .weight_decay = 0.2, .step = 7};
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double gd = 0.25 * g[i], md = 0.8 * m[i] + 0.2 * gd, vd = 0.95 * v[i] + 0.05 * gd * gd;
    const double m_hat = md / (1 - std::pow(0.8, 7)), v_hat = vd / (1 - std::pow(0.95, 7));
    expected.push_back(p[i] * (1 - 0.003 * 0.2) - 0.003 * m_hat / (std::sqrt(v_hat) + 1e-8));
  }
  std::vector<bfloat16> copy(p.size());
  adam_step(
      options,
      {.parameter = p.data(), .gradient = g.data(), .copy = copy.data(), .n = n, .gradient_scale = 0.25f},
      m.data(), v.data());
  expect_close(p, expected, 3e-7);
  for (std::size_t i = 0; i < p.size(); ++i) ASSERT_EQ(copy[i].bits, bfloat16(p[i]).bits);
}

TEST(Optimizer, AdamDoesNotDependOnThreads) {
  const std::int64_t n = 99991;
  const auto g = random_values<float>(n, 5);
  const auto run = [&](int threads) {
    set_num_threads(threads);
    auto p = random_values<float>(n, 6);
    std::vector<float> m(p.size()), v(p.size());
    for (int step = 1; step <= 2; ++step) {
      adam_step({.step = step}, {.parameter = p.data(), .gradient = g.data(), .n = n}, m.data(), v.data());
    }
    return p;
  };
  const int threads = num_threads();
  const auto one = run(1), three = run(3);
  set_num_threads(threads);
  EXPECT_EQ(one, three);
}

TEST(SumOfSquares, MatchesFloat64AndDoesNotDependOnThreads) {
  for (std::int64_t n : {0, 1, 31, 65536, 300007}) {
    const auto x = random_values<float>(n, 7);
    double expected = 0;
    for (float v : x) expected += static_cast<double>(v) * v;
    const int threads = num_threads();
    set_num_threads(1);
    const double one = sum_of_squares(x.data(), n);
    set_num_threads(3);
    const double three = sum_of_squares(x.data(), n);
    set_num_threads(threads);
    EXPECT_EQ(one, three);
    EXPECT_NEAR(one, expected, 1e-10 * expected);
  }
}

TEST(SumOfSquares, TellsWhetherEveryElementIsFinite) {
  std::vector<float> x(70001, std::numeric_limits<float>::max());
  const auto finite = [&] {
    return std::isfinite(sum_of_squares(x.data(), static_cast<std::int64_t>(x.size())));
  };
  EXPECT_TRUE(finite());
  for (float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                    std::numeric_limits<float>::quiet_NaN()}) {
    for (std::size_t i : {std::size_t{0}, std::size_t{65535}, x.size() - 1}) {
      const float kept = x[i];
      x[i] = bad;
      EXPECT_FALSE(finite()) << bad << " at " << i;
      x[i] = kept;
    }
  }
}

}  // namespace
}  // namespace attune::cpu
