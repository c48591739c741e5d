#include "attune/ops/linear/cpu.h"

#include "attune/backend/cpu/matvec.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/linear/operands.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

// Up to here the kernels that stream weights beat oneDNN, which computes in bfloat16 as it reads it.
constexpr std::int64_t max_rows = cpu::max_matvec_rows, max_rows_in_bfloat16 = 8;
constexpr std::int64_t max_rows_by_columns = 4;  // weights stored by columns, (in, out)

bool streams(const Tensor& x, const Tensor& weight) {
  const std::int64_t rows = x.dim(0);
  if (rows < 1 || x.dtype() == DType::float64) return false;
  if (weight.is_contiguous())
    return rows <= (weight.dtype() == DType::float32 ? max_rows : max_rows_in_bfloat16);
  const bool by_columns = weight.stride(0) == 1 && weight.stride(1) == weight.dim(0);
  return by_columns && rows <= max_rows_by_columns;
}

template <typename Weight>
void stream(const Tensor& x, const Tensor& weight, const float* bias, const Tensor& y) {
  const auto product = weight.is_contiguous() ? &cpu::matvec_rows<Weight> : &cpu::matvec_columns<Weight>;
  product(x.data<float>(), weight.data<Weight>(), bias, y.mutable_data<float>(), x.dim(0), y.dim(1),
          x.dim(1));
}

void stream_rows(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y) {
  const Tensor wide_x = contiguous(cast(x, DType::float32));                         // (M, in)
  const Tensor wide_y = y.dtype() == DType::float32 ? y : Tensor::empty(y.shape());  // (M, out)
  const float* shift = bias.defined() ? bias.data<float>() : nullptr;
  weight.dtype() == DType::float32 ? stream<float>(wide_x, weight, shift, wide_y)
                                   : stream<bfloat16>(wide_x, weight, shift, wide_y);
  if (y.dtype() == DType::bfloat16) y.copy_from(cast(wide_y, DType::bfloat16));
}

}  // namespace

void linear_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, bool inference,
                    const Tensor& y) {
  if (inference && streams(x, weight)) return stream_rows(x, weight, bias, y);
  const Tensor operand = weight.dtype() == DType::bfloat16 ? cast(x, DType::bfloat16) : x;  // (M, in)
  cpu::matmul(1, x.dim(0), weight.dim(0), weight.dim(1), matrix(operand), transposed(matrix(weight)),
              writable(y), {.bias = bias.defined() ? bias.raw_data() : nullptr});
}

}  // namespace attune::ops
