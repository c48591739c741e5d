#include "attune/ops/embedding/embedding.h"

#include "attune/autograd/tape.h"
#include "attune/ops/embedding/cpu.h"
#include "attune/ops/views/views.h"

namespace attune::ops {
namespace {

void expect_operands(const Tensor& indices, const Tensor& table, std::int64_t padding_index) {
  check(indices.dtype() == DType::int64, "embedding: indices are {}, expected int64",
        name_of(indices.dtype()));
  check(table.rank() == 2 && is_floating(table.dtype()),
        "embedding: table is {} {}, expected a floating type and shape (V, D)", name_of(table.dtype()),
        table.shape());
  check(padding_index >= -1 && padding_index < table.dim(0),
        "embedding: padding index {} is out of range for {} rows, expected -1 for none", padding_index,
        table.dim(0));
}

}  // namespace

Tensor embedding(const Tensor& indices, const Tensor& table, std::int64_t padding_index) {
  expect_operands(indices, table, padding_index);
  const Tensor flat = reshape(contiguous(indices), {indices.elements()});  // (N)
  const Tensor rows = table.stride(1) == 1 ? detach(table) : contiguous(detach(table));
  const DType dtype = table.dtype() == DType::float64 ? DType::float64 : DType::float32;
  const Tensor y = Tensor::empty(indices.shape().appended(table.dim(1)), dtype, table.device());  // (..., D)
  gather_rows(flat, rows, y);
  return record("embedding", {indices, table}, y, [flat, padding_index](Backward& b) {
    const auto dtable = b.target(1);             // (V, D)
    const Tensor dy = contiguous(b.gradient());  // (..., D)
    scatter_add_rows(flat, dy, padding_index, dtable.accumulate, dtable.memory);
  });
}

}  // namespace attune::ops
