#include "attune/ops/embedding/cpu.h"

#include <algorithm>

#include "attune/backend/cpu/threads.h"

namespace attune::ops {
namespace {

template <typename From, typename To>
void gather(const Tensor& indices, const Tensor& table, const Tensor& y) {
  const auto* index = indices.data<std::int64_t>();
  const From* from = table.data<From>();
  To* to = y.mutable_data<To>();
  const std::int64_t rows = table.dim(0), columns = table.dim(1), stride = table.stride(0);
  cpu::parallel_for(indices.elements(), 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      check(index[i] >= 0 && index[i] < rows,
            "embedding: index {} at position {} is out of range for {} rows", index[i], i, rows);
      const From* row = from + index[i] * stride;
      std::transform(row, row + columns, to + i * columns, [](From value) { return static_cast<To>(value); });
    }
  });
}

// Each thread owns a strip of columns and walks all indices in order: no two threads write to the same place,
// and the order of additions does not depend on how many there are.
template <typename From, typename To>
void scatter(const Tensor& indices, const Tensor& dy, std::int64_t skipped, bool accumulate,
             const Tensor& table) {
  const auto* index = indices.data<std::int64_t>();
  const From* from = dy.data<From>();
  To* to = table.mutable_data<To>();
  const std::int64_t count = indices.elements(), columns = table.dim(1);
  if (!accumulate) {
    cpu::parallel_for(table.elements(), 1 << 15,
                      [&](std::int64_t begin, std::int64_t end) { std::fill(to + begin, to + end, To{}); });
  }
  cpu::parallel_for(columns, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = 0; i < count; ++i) {
      if (index[i] == skipped) continue;
      To* row = to + index[i] * columns;
      const From* added = from + i * columns;
      for (std::int64_t j = begin; j < end; ++j)
        row[j] = static_cast<To>(static_cast<From>(row[j]) + added[j]);
    }
  });
}

}  // namespace

void gather_rows(const Tensor& indices, const Tensor& table, const Tensor& y) {
  switch (table.dtype()) {
    case DType::float64:
      return gather<double, double>(indices, table, y);
    case DType::bfloat16:
      return gather<bfloat16, float>(indices, table, y);
    default:
      return gather<float, float>(indices, table, y);
  }
}

void scatter_add_rows(const Tensor& indices, const Tensor& dy, std::int64_t skipped, bool accumulate,
                      const Tensor& table) {
  switch (table.dtype()) {
    case DType::float64:
      return scatter<double, double>(indices, dy, skipped, accumulate, table);
    case DType::bfloat16:
      return scatter<float, bfloat16>(indices, dy, skipped, accumulate, table);
    default:
      return scatter<float, float>(indices, dy, skipped, accumulate, table);
  }
}

}  // namespace attune::ops
