#include "attune/ops/linear/column_sum.h"

#include <algorithm>

#include "attune/backend/cpu/elementwise.h"

namespace attune::ops {
namespace {

void sum_columns(const double* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, double* sum,
                 bool accumulate) {
  if (!accumulate) std::fill_n(sum, columns, 0.0);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t j = 0; j < columns; ++j) sum[j] += x[row * stride + j];
  }
}

}  // namespace

void column_sum(const Tensor& x, const Tensor& sum, bool accumulate) {
  const std::int64_t rows = x.dim(0), columns = x.dim(1), stride = x.stride(0);
  switch (x.dtype()) {
    case DType::float64:
      return sum_columns(x.data<double>(), rows, columns, stride, sum.mutable_data<double>(), accumulate);
    case DType::bfloat16:
      return cpu::column_sum(x.data<bfloat16>(), rows, columns, stride, sum.mutable_data<float>(),
                             accumulate);
    default:
      return cpu::column_sum(x.data<float>(), rows, columns, stride, sum.mutable_data<float>(), accumulate);
  }
}

}  // namespace attune::ops
