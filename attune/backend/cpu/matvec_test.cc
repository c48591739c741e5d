#include "attune/backend/cpu/matvec.h"

#include "attune/backend/cpu/test_values.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"

namespace attune::cpu {
namespace {

struct Product {
  std::int64_t n, k;
};
const std::vector<Product> products = {{1, 1},   {3, 5},    {7, 16},   {16, 31},
                                       {65, 67}, {33, 768}, {768, 33}, {5, 0}};

template <typename W>
class Matvec : public testing::Test {};
using WeightTypes = testing::Types<float, bfloat16>;
TYPED_TEST_SUITE(Matvec, WeightTypes);

std::vector<double> reference(const std::vector<double>& x, const std::vector<double>& weight,
                              const std::vector<double>& bias, std::int64_t m, const Product& p,
                              bool by_rows) {
  std::vector<double> y;
  for (std::int64_t r = 0; r < m; ++r) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      double sum = bias.empty() ? 0 : bias[static_cast<std::size_t>(j)];
      for (std::int64_t i = 0; i < p.k; ++i) {
        const auto at = static_cast<std::size_t>(by_rows ? j * p.k + i : i * p.n + j);
        sum += x[static_cast<std::size_t>(r * p.k + i)] * weight[at];
      }
      y.push_back(sum);
    }
  }
  return y;
}

TYPED_TEST(Matvec, MatchesTheDefinition) {
  for (const Product& p : products) {
    const auto weight = random_values<TypeParam>(p.n * p.k, 1);
    const auto bias = random_values<float>(p.n, 2);
    for (std::int64_t m = 1; m <= max_matvec_rows; ++m) {
      const auto x = random_values<float>(m * p.k, 3);
      std::vector<float> y(static_cast<std::size_t>(m * p.n));
      matvec_rows(x.data(), weight.data(), bias.data(), y.data(), m, p.n, p.k);
      expect_close(y, reference(to_double(x), to_double(weight), to_double(bias), m, p, true), 1e-4);
      matvec_rows(x.data(), weight.data(), nullptr, y.data(), m, p.n, p.k);
      expect_close(y, reference(to_double(x), to_double(weight), {}, m, p, true), 1e-4);
      if (m > max_matvec_columns_rows) continue;
      matvec_columns(x.data(), weight.data(), bias.data(), y.data(), m, p.n, p.k);
      expect_close(y, reference(to_double(x), to_double(weight), to_double(bias), m, p, false), 1e-4);
      matvec_columns(x.data(), weight.data(), nullptr, y.data(), m, p.n, p.k);
      expect_close(y, reference(to_double(x), to_double(weight), {}, m, p, false), 1e-4);
    }
  }
}

// A row's result in a batch equals its result alone, with any number of threads, bit for bit.
TYPED_TEST(Matvec, DoesNotDependOnBatchNorThreads) {
  const Product p{1003, 517};
  const auto weight = random_values<TypeParam>(p.n * p.k, 4);
  const auto bias = random_values<float>(p.n, 5);
  const auto x = random_values<float>(max_matvec_rows * p.k, 6);
  const auto run = [&](std::int64_t first, std::int64_t m, int threads) {
    set_num_threads(threads);
    std::vector<float> y(static_cast<std::size_t>(2 * m * p.n));
    matvec_rows(x.data() + first * p.k, weight.data(), bias.data(), y.data(), m, p.n, p.k);
    if (m <= max_matvec_columns_rows)
      matvec_columns(x.data() + first * p.k, weight.data(), bias.data(), y.data() + m * p.n, m, p.n, p.k);
    return y;
  };
  const int threads = num_threads();
  std::vector<std::vector<float>> alone;
  for (std::int64_t r = 0; r < max_matvec_rows; ++r) alone.push_back(run(r, 1, 1));
  for (std::int64_t m = 1; m <= max_matvec_rows; ++m) {
    const auto y = run(0, m, static_cast<int>(m % 4) + 1);
    for (std::int64_t r = 0; r < m; ++r) {
      const auto row = y.begin() + r * p.n, column_row = row + m * p.n;
      const auto& expected = alone[static_cast<std::size_t>(r)];
      EXPECT_TRUE(std::equal(row, row + p.n, expected.begin())) << "row " << r << " of " << m;
      if (m > max_matvec_columns_rows) continue;
      EXPECT_TRUE(std::equal(column_row, column_row + p.n, expected.begin() + p.n))
          << "row " << r << " of " << m;
    }
  }
  set_num_threads(threads);
}

TEST(MatvecInt8, MatchesTheDefinition) {
  for (const Product& p : products) {
    std::vector<std::int8_t> weight;
    for (std::int64_t i = 0; i < p.n * p.k; ++i)
      weight.push_back(static_cast<std::int8_t>(i * 37 % 256 - 128));
    const auto scale = random_values<float>(p.n, 7, 0.01), bias = random_values<float>(p.n, 8);
    std::vector<double> wide(weight.begin(), weight.end());
    for (std::size_t i = 0; i < wide.size(); ++i) wide[i] *= scale[i / static_cast<std::size_t>(p.k)];
    for (std::int64_t m : {1, 3, 8}) {
      const auto x = random_values<float>(m * p.k, 9);
      std::vector<float> y(static_cast<std::size_t>(m * p.n));
      matvec_rows(x.data(), weight.data(), scale.data(), bias.data(), y.data(), m, p.n, p.k);
      expect_close(y, reference(to_double(x), wide, to_double(bias), m, p, true), 1e-3);
    }
  }
}

TEST(Matvec, RefusesTooManyRows) {
  const float x = 0;
  float y = 0;
  EXPECT_THROW(matvec_rows(&x, &x, nullptr, &y, max_matvec_rows + 1, 1, 1), Error);
  EXPECT_THROW(matvec_columns(&x, &x, nullptr, &y, 0, 1, 1), Error);
}

}  // namespace
}  // namespace attune::cpu
