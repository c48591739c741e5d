#include "attune/backend/cpu/matmul.h"

#include "attune/backend/cpu/test_values.h"

namespace attune::cpu {
namespace {

constexpr std::int64_t kBatch = 2, kRows = 211, kColumns = 190, kTerms = 67;  // several threads share them

// A matrix of a batch in memory of its own, by rows or by columns, with a gap behind every line.
template <typename T>
struct Stored {
  std::vector<T> values;
  Matrix matrix;

  Stored(std::int64_t rows, std::int64_t columns, bool by_columns, unsigned seed) {
    const std::int64_t lines = by_columns ? columns : rows, stride = (by_columns ? rows : columns) + 3;
    values = random_values<T>(kBatch * lines * stride, seed);
    matrix = {values.data(), std::is_same_v<T, bfloat16> ? DType::bfloat16 : DType::float32,
              by_columns ? 1 : stride, by_columns ? stride : 1, lines * stride};
  }

  double at(std::int64_t batch, std::int64_t row, std::int64_t column) const {
    return static_cast<float>(values[static_cast<std::size_t>(
        batch * matrix.batch_stride + row * matrix.row_stride + column * matrix.column_stride)]);
  }
};

template <typename Result>
void expect_product(bool a_by_columns, bool b_by_columns, bool accumulate) {
  const Stored<bfloat16> a(kRows, kTerms, a_by_columns, 1), b(kTerms, kColumns, b_by_columns, 2);
  Stored<Result> c(kRows, kColumns, false, 3);
  const Stored<Result> before = c;
  c.matrix.data = c.values.data();
  matmul(kBatch, kRows, kColumns, kTerms, a.matrix, b.matrix, c.matrix, {.accumulate = accumulate});
  for (std::int64_t i = 0; i < kBatch; ++i) {
    for (std::int64_t row = 0; row < kRows; ++row) {
      for (std::int64_t column = 0; column < kColumns; ++column) {
        double expected = accumulate ? before.at(i, row, column) : 0;
        for (std::int64_t k = 0; k < kTerms; ++k) expected += a.at(i, row, k) * b.at(i, k, column);
        ASSERT_NEAR(c.at(i, row, column), expected, 1e-4 + std::abs(expected) * rounding<Result>)
            << "matrix " << i << ", row " << row << ", column " << column;
      }
    }
  }
}

TEST(Matmul, Bfloat16InEveryLayoutMatchesTheDefinition) {
  for (const bool a_by_columns : {false, true}) {
    for (const bool b_by_columns : {false, true}) {
      for (const bool accumulate : {false, true}) {
        expect_product<bfloat16>(a_by_columns, b_by_columns, accumulate);
        expect_product<float>(a_by_columns, b_by_columns, accumulate);
      }
    }
  }
}

}  // namespace
}  // namespace attune::cpu
