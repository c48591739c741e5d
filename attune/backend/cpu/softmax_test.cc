#include "attune/backend/cpu/softmax.h"

#include <limits>

#include "attune/backend/cpu/test_values.h"
#include "attune/backend/cpu/threads.h"

namespace attune::cpu {
namespace {

template <typename T>
class Softmax : public testing::Test {};
using ElementTypes = testing::Types<float, bfloat16>;
TYPED_TEST_SUITE(Softmax, ElementTypes);

// Row by row in float64, as the definition reads.
std::vector<double> reference_softmax(std::vector<double> x, const MatrixSize& size, double scale) {
  for (std::int64_t r = 0; r < size.rows; ++r) {
    double* row = x.data() + r * size.columns;
    const double most = scale * (scale > 0 ? *std::max_element(row, row + size.columns)
                                           : *std::min_element(row, row + size.columns));
    double sum = 0;
    for (std::int64_t i = 0; i < size.columns; ++i) sum += row[i] = std::exp(scale * row[i] - most);
    for (std::int64_t i = 0; i < size.columns; ++i) row[i] /= sum;
  }
  return x;
}

TYPED_TEST(Softmax, MatchesTheDefinition) {
  for (const MatrixSize& size : matrix_sizes) {
    for (float scale : {1.0f, 0.125f, -2.0f}) {
      const auto x = random_values<TypeParam>(size.rows * size.columns, 1, 3.0);
      std::vector<TypeParam> y(x.size());
      softmax(x.data(), y.data(), size.rows, size.columns, scale);
      const auto expected = reference_softmax(to_double(x), size, scale);
      expect_close(y, expected, 1e-6);
      auto in_place = x;
      softmax(in_place.data(), in_place.data(), size.rows, size.columns, scale);
      EXPECT_EQ(to_double(in_place), to_double(y));
    }
  }
}

TYPED_TEST(Softmax, GradientMatchesTheDefinition) {
  for (const MatrixSize& size : matrix_sizes) {
    const auto y = random_values<TypeParam>(size.rows * size.columns, 2, 0.1);
    const auto dy = random_values<TypeParam>(size.rows * size.columns, 3);
    std::vector<TypeParam> dx(y.size());
    softmax_backward(y.data(), dy.data(), dx.data(), size.rows, size.columns, 0.5f);
    const auto yd = to_double(y), dyd = to_double(dy);
    std::vector<double> expected(y.size());
    for (std::int64_t r = 0; r < size.rows; ++r) {
      const auto at = [&](std::int64_t i) { return static_cast<std::size_t>(r * size.columns + i); };
      double dot = 0;
      for (std::int64_t i = 0; i < size.columns; ++i) dot += yd[at(i)] * dyd[at(i)];
      for (std::int64_t i = 0; i < size.columns; ++i) expected[at(i)] = 0.5 * yd[at(i)] * (dyd[at(i)] - dot);
    }
    expect_close(dx, expected, 1e-6);
  }
}

TYPED_TEST(Softmax, LogSumExpMatchesTheDefinitionAndIsSafe) {
  for (const MatrixSize& size : matrix_sizes) {
    const auto x = random_values<TypeParam>(size.rows * size.columns, 4, 100.0);
    std::vector<float> got(static_cast<std::size_t>(size.rows));
    log_sum_exp(x.data(), got.data(), size.rows, size.columns);
    const auto xd = to_double(x);
    std::vector<double> expected;
    for (std::int64_t r = 0; r < size.rows; ++r) {
      const double* row = xd.data() + r * size.columns;
      const double most = *std::max_element(row, row + size.columns);
      double sum = 0;
      for (std::int64_t i = 0; i < size.columns; ++i) sum += std::exp(row[i] - most);
      expected.push_back(most + std::log(sum));
    }
    expect_close(got, expected, 2e-5);
  }
}

TYPED_TEST(Softmax, RowsOfMinusInfinity) {
  const TypeParam lowest(-std::numeric_limits<float>::infinity());
  const std::vector<TypeParam> x(5, lowest);
  float sum = 0;
  log_sum_exp(x.data(), &sum, 1, 5);
  EXPECT_EQ(sum, -std::numeric_limits<float>::infinity());
  std::vector<TypeParam> y = x;
  y[2] = TypeParam(1.0f);
  softmax(y.data(), y.data(), 1, 5);
  EXPECT_EQ(to_double(y), (std::vector<double>{0, 0, 1, 0, 0}));
}

TYPED_TEST(Softmax, DoesNotDependOnThreads) {
  const auto x = random_values<TypeParam>(300 * 257, 5);
  std::vector<TypeParam> one(x.size()), many(x.size());
  const int threads = num_threads();
  set_num_threads(1);
  softmax(x.data(), one.data(), 300, 257);
  set_num_threads(3);
  softmax(x.data(), many.data(), 300, 257);
  set_num_threads(threads);
  EXPECT_EQ(to_double(one), to_double(many));
}

}  // namespace
}  // namespace attune::cpu
