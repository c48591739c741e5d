#include "attune/ops/linear/column_sum.h"

#include "attune/backend/cpu/elementwise.h"

namespace attune::ops {

void column_sum(const Tensor& x, const Tensor& sum, bool accumulate) {
  const std::int64_t rows = x.dim(0), columns = x.dim(1), stride = x.stride(0);
  if (x.dtype() == DType::float32) {
    cpu::column_sum(x.data<float>(), rows, columns, stride, sum.mutable_data<float>(), accumulate);
  } else if (x.dtype() == DType::bfloat16) {
    cpu::column_sum(x.data<bfloat16>(), rows, columns, stride, sum.mutable_data<float>(), accumulate);
  } else {
    for (std::int64_t j = 0; j < columns; ++j) {
      double total = 0;
      for (std::int64_t i = 0; i < rows; ++i) total += x.data<double>()[i * stride + j];
      double& at = sum.mutable_data<double>()[j];
      at = accumulate ? at + total : total;
    }
  }
}

}  // namespace attune::ops
