#include "attune/backend/cpu/layer_norm.h"

#include "attune/backend/cpu/test_values.h"
#include "attune/backend/cpu/threads.h"

namespace attune::cpu {
namespace {

constexpr float epsilon = 1e-5f;

template <typename X, typename Y>
struct Types {
  using In = X;
  using Out = Y;
};
template <typename Pair>
class LayerNorm : public testing::Test {};
using Pairs = testing::Types<Types<float, float>, Types<float, bfloat16>, Types<bfloat16, float>,
                             Types<bfloat16, bfloat16>>;
TYPED_TEST_SUITE(LayerNorm, Pairs);

struct Reference {
  std::vector<double> y, mean, rstd;
};

Reference reference_forward(const std::vector<double>& x, const std::vector<double>& weight,
                            const std::vector<double>& bias, const MatrixSize& size) {
  Reference result;
  for (std::int64_t r = 0; r < size.rows; ++r) {
    const double* row = x.data() + r * size.columns;
    const auto n = static_cast<double>(size.columns);
    double mean = 0, variance = 0;
    for (std::int64_t i = 0; i < size.columns; ++i) mean += row[i] / n;
    for (std::int64_t i = 0; i < size.columns; ++i) variance += (row[i] - mean) * (row[i] - mean) / n;
    const double rstd = 1 / std::sqrt(variance + epsilon);
    for (std::int64_t i = 0; i < size.columns; ++i) {
      const auto at = static_cast<std::size_t>(i);
      result.y.push_back((row[i] - mean) * rstd * weight[at] + (bias.empty() ? 0 : bias[at]));
    }
    result.mean.push_back(mean);
    result.rstd.push_back(rstd);
  }
  return result;
}

TYPED_TEST(LayerNorm, ForwardMatchesTheDefinition) {
  using X = typename TypeParam::In;
  using Y = typename TypeParam::Out;
  for (const MatrixSize& size : matrix_sizes) {
    const auto x = random_values<X>(size.rows * size.columns, 1);
    const auto weight = random_values<float>(size.columns, 2), bias = random_values<float>(size.columns, 3);
    std::vector<Y> y(x.size());
    std::vector<float> mean(static_cast<std::size_t>(size.rows)), rstd(mean.size());
    layer_norm(x.data(), weight.data(), bias.data(), y.data(), mean.data(), rstd.data(), size.rows,
               size.columns, epsilon);
    const auto expected = reference_forward(to_double(x), to_double(weight), to_double(bias), size);
    expect_close(y, expected.y, 1e-5);
    expect_close(mean, expected.mean, 1e-6);
    for (std::size_t r = 0; r < rstd.size(); ++r) EXPECT_NEAR(rstd[r] / expected.rstd[r], 1, 1e-5);

    layer_norm(x.data(), weight.data(), static_cast<const float*>(nullptr), y.data(), mean.data(),
               rstd.data(), size.rows, size.columns, epsilon);
    expect_close(y, reference_forward(to_double(x), to_double(weight), {}, size).y, 1e-5);
  }
}

// The fused kernel equals its two parts bit for bit, also in place.
TYPED_TEST(LayerNorm, AddFirst) {
  using X = typename TypeParam::In;
  using Y = typename TypeParam::Out;
  for (const MatrixSize& size : matrix_sizes) {
    const auto x = random_values<X>(size.rows * size.columns, 4);
    auto residual = random_values<X>(size.rows * size.columns, 5);
    const auto weight = random_values<float>(size.columns, 6), bias = random_values<float>(size.columns, 7);
    std::vector<X> sum(x.size());
    std::vector<Y> y(x.size()), fused(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum[i] = X(static_cast<float>(x[i]) + static_cast<float>(residual[i]));
    }
    std::vector<float> mean(static_cast<std::size_t>(size.rows)), rstd(mean.size());
    layer_norm(sum.data(), weight.data(), bias.data(), y.data(), mean.data(), rstd.data(), size.rows,
               size.columns, epsilon);
    add_layer_norm(x.data(), residual.data(), weight.data(), bias.data(), residual.data(), fused.data(),
                   mean.data(), rstd.data(), size.rows, size.columns, epsilon);
    EXPECT_EQ(to_double(residual), to_double(sum));
    EXPECT_EQ(to_double(fused), to_double(y));
  }
}

// The gradient of sum(y dy) by central differences of the float64 forward.
TYPED_TEST(LayerNorm, GradientMatchesDifferences) {
  using X = typename TypeParam::In;
  using Y = typename TypeParam::Out;
  const MatrixSize size{5, 33};
  const auto x = random_values<X>(size.rows * size.columns, 8);
  const auto dy = random_values<Y>(size.rows * size.columns, 9);
  const auto passing = random_values<X>(size.rows * size.columns, 10);
  const auto weight = random_values<float>(size.columns, 11), bias = random_values<float>(size.columns, 12);
  const auto dyd = to_double(dy);
  auto xd = to_double(x), wd = to_double(weight), bd = to_double(bias);
  const auto slope = [&](double& value) {
    const double kept = value, h = 1e-5;
    const auto loss = [&] {
      const auto y = reference_forward(xd, wd, bd, size).y;
      double sum = 0;
      for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * dyd[i];
      return sum;
    };
    value = kept + h;
    const double above = loss();
    value = kept - h;
    const double below = loss();
    value = kept;
    return (above - below) / (2 * h);
  };
  std::vector<double> expected_dx, expected_dw, expected_db;
  for (std::size_t i = 0; i < xd.size(); ++i) expected_dx.push_back(slope(xd[i]) + to_double(passing)[i]);
  for (double& w : wd) expected_dw.push_back(slope(w) + 1);
  for (double& b : bd) expected_db.push_back(slope(b) + 1);

  std::vector<Y> y(x.size());
  std::vector<X> dx(x.size());
  std::vector<float> mean(5), rstd(5), dw(33, 1.0f), db(33, 1.0f);  // added to what is there
  layer_norm(x.data(), weight.data(), bias.data(), y.data(), mean.data(), rstd.data(), size.rows,
             size.columns, epsilon);
  std::vector<bfloat16> rounded(x.size());
  layer_norm_backward(dy.data(), x.data(), weight.data(), mean.data(), rstd.data(), passing.data(), dx.data(),
                      rounded.data(), {dw.data(), true}, {db.data(), true}, size.rows, size.columns);
  expect_close(dx, expected_dx, 1e-5);
  expect_close(rounded, expected_dx, 1e-5);
  expect_close(dw, expected_dw, 1e-4);
  expect_close(db, expected_db, 1e-4);
}

TYPED_TEST(LayerNorm, GradientDoesNotDependOnThreads) {
  using X = typename TypeParam::In;
  using Y = typename TypeParam::Out;
  const MatrixSize size{700, 130};
  const auto x = random_values<X>(size.rows * size.columns, 13);
  const auto dy = random_values<Y>(size.rows * size.columns, 14);
  const auto weight = random_values<float>(size.columns, 15);
  const std::vector<float> mean(700, 0.1f), rstd(700, 0.9f);
  const auto run = [&](int threads) {
    set_num_threads(threads);
    std::vector<X> dx(x.size());
    std::vector<float> dw(130), db(130);
    layer_norm_backward<X, Y>(dy.data(), x.data(), weight.data(), mean.data(), rstd.data(), nullptr,
                              dx.data(), nullptr, {dw.data()}, {db.data()}, size.rows, size.columns);
    auto all = to_double(dx);
    for (const auto& more : {to_double(dw), to_double(db)}) all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const int threads = num_threads();
  const auto one = run(1), three = run(3);
  set_num_threads(threads);
  EXPECT_EQ(one, three);
}

}  // namespace
}  // namespace attune::cpu
