#include "attune/backend/cpu/elementwise.h"

#include "attune/backend/cpu/test_values.h"
#include "attune/backend/cpu/threads.h"

namespace attune::cpu {
namespace {

template <typename T>
class Elementwise : public testing::Test {};
using ElementTypes = testing::Types<float, bfloat16>;
TYPED_TEST_SUITE(Elementwise, ElementTypes);

TYPED_TEST(Elementwise, Arithmetic) {
  using T = TypeParam;
  for (std::int64_t n : {0, 1, 17, 64, 100003}) {
    const auto a = random_values<T>(n, 1), b = random_values<T>(n, 2);
    std::vector<T> sum(a.size()), product(a.size()), scaled(a.size());
    add(a.data(), b.data(), sum.data(), n);
    multiply(a.data(), b.data(), product.data(), n);
    scale(a.data(), 0.3f, scaled.data(), n);
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto x = static_cast<float>(a[i]), y = static_cast<float>(b[i]);
      ASSERT_EQ(static_cast<float>(sum[i]), static_cast<float>(T(x + y)));
      ASSERT_EQ(static_cast<float>(product[i]), static_cast<float>(T(x * y)));
      ASSERT_EQ(static_cast<float>(scaled[i]), static_cast<float>(T(x * 0.3f)));
    }
  }
}

TYPED_TEST(Elementwise, AddBias) {
  using T = TypeParam;
  for (const MatrixSize& size : matrix_sizes) {
    const auto x = random_values<T>(size.rows * size.columns, 3);
    const auto bias = random_values<float>(size.columns, 4);
    const auto half_bias = random_values<bfloat16>(size.columns, 5);
    std::vector<T> y(x.size()), z(x.size());
    add_bias(x.data(), bias.data(), y.data(), size.rows, size.columns);
    add_bias(x.data(), half_bias.data(), z.data(), size.rows, size.columns);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t column = i % bias.size();
      const auto value = static_cast<float>(x[i]);
      ASSERT_EQ(static_cast<float>(y[i]), static_cast<float>(T(value + bias[column])));
      ASSERT_EQ(static_cast<float>(z[i]),
                static_cast<float>(T(value + static_cast<float>(half_bias[column]))));
    }
  }
}

TYPED_TEST(Elementwise, ColumnSum) {
  using T = TypeParam;
  for (const MatrixSize& size : matrix_sizes) {
    const std::int64_t stride = size.columns + 3;
    const auto x = random_values<T>(size.rows * stride, 6);
    const auto xd = to_double(x);
    std::vector<float> sum(static_cast<std::size_t>(size.columns), 7.0f);
    std::vector<double> expected(sum.size(), 0.0);
    for (std::int64_t r = 0; r < size.rows; ++r) {
      for (std::int64_t i = 0; i < size.columns; ++i) {
        expected[static_cast<std::size_t>(i)] += xd[static_cast<std::size_t>(r * stride + i)];
      }
    }
    column_sum(x.data(), size.rows, size.columns, stride, sum.data(), false);
    expect_close(sum, expected, 1e-4);
    column_sum(x.data(), size.rows, size.columns, stride, sum.data(), true);
    for (double& e : expected) e *= 2;
    expect_close(sum, expected, 1e-4);
  }
}

TYPED_TEST(Elementwise, ColumnSumDoesNotDependOnThreads) {
  const auto x = random_values<TypeParam>(1001 * 193, 8);
  std::vector<float> one(193), three(193);
  const int threads = num_threads();
  set_num_threads(1);
  column_sum(x.data(), 1001, 193, 193, one.data(), false);
  set_num_threads(3);
  column_sum(x.data(), 1001, 193, 193, three.data(), false);
  set_num_threads(threads);
  EXPECT_EQ(one, three);
}

TEST(Convert, RoundsAndWidens) {
  const auto x = random_values<float>(50001, 9);
  std::vector<bfloat16> half(x.size());
  convert(x.data(), half.data(), 50001);
  std::vector<float> back(x.size());
  convert(half.data(), back.data(), 50001);
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(back[i], static_cast<float>(bfloat16(x[i])));
}

}  // namespace
}  // namespace attune::cpu
