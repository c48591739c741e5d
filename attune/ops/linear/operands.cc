#include "attune/ops/linear/operands.h"

#include "attune/autograd/tape.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/views/views.h"

namespace attune::ops {

Tensor compute_weight(std::string_view operation, const Tensor& weight, const Tensor& x) {
  if (weight.dtype() == x.dtype()) return weight_matrix(weight);
  if (weight.dtype() == DType::bfloat16 && x.dtype() == DType::float32) {
    check(!on_tape({x, weight}),
          "{}: a bfloat16 weight beside a float32 x has no gradient: use it under NoGrad, or train a float32 "
          "weight with a bfloat16 copy",
          operation);
    return weight_matrix(weight);
  }
  if (weight.dtype() == DType::float32 && x.dtype() == DType::bfloat16 && !requires_gradient(weight))
    return weight_matrix(cast(detach(weight), DType::bfloat16));
  const auto& meta = weight.autograd();
  check(meta != nullptr && meta->compute_copy.defined() && meta->compute_copy.dtype() == x.dtype(),
        "{}: x is {}, weight is {} and has no {} copy", operation, name_of(x.dtype()),
        name_of(weight.dtype()), name_of(x.dtype()));
  return weight_matrix(meta->compute_copy);
}

Tensor rows_of(const Tensor& x) {
  const std::int64_t last = x.dim(-1);
  std::int64_t rows = 1;
  for (int axis = 0; axis + 1 < x.rank(); ++axis) rows *= x.dim(axis);
  const Tensor view = reshape(detach(x), {rows, last});
  return view.stride(1) == 1 || last <= 1 ? view : contiguous(view);
}

Tensor weight_matrix(const Tensor& weight) {
  const Tensor plain = detach(weight);
  return plain.stride(0) == 1 || plain.stride(1) == 1 ? plain : contiguous(plain);
}

cpu::Matrix matrix(const Tensor& x) { return {x.raw_data(), x.dtype(), x.stride(0), x.stride(1)}; }

cpu::Matrix writable(const Tensor& x) { return {x.raw_mutable_data(), x.dtype(), x.stride(0), x.stride(1)}; }

cpu::Matrix transposed(const cpu::Matrix& m) { return {m.data, m.dtype, m.column_stride, m.row_stride}; }

}  // namespace attune::ops
