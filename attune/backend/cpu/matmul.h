// Matrix products on the CPU: C = A B (+ C) (+ bias), batched, on strided operands.
#pragma once

#include <cstdint>

#include "attune/backend/cpu/activation.h"
#include "attune/tensor/dtype.h"

namespace attune::cpu {

// A matrix in memory. One of the two strides is 1 (plain or transposed rows).
struct Matrix {
  const void* data = nullptr;
  DType dtype = DType::float32;
  std::int64_t row_stride = 0, column_stride = 1;  // in elements
  std::int64_t batch_stride = 0;                   // 0: the same matrix for the whole batch
};

struct MatmulOptions {
  bool accumulate = false;                   // add to what `c` holds
  const void* bias = nullptr;                // (n), float32 (float64 in the reference path)
  Activation activation = Activation::none;  // applied to the product before it is stored
};

// c[i] (m, n) = a[i] (m, k) b[i] (k, n) for i in [0, batch). `c` has unit column stride. Types: float32 or
// bfloat16 operands of one type with a float32 or bfloat16 result, or all float64 (plain loops, for
// reference). Products run on oneDNN; its primitives are made once for every combination of sizes and kept.
void matmul(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
            const Matrix& b, const Matrix& c, const MatmulOptions& options = {});

}  // namespace attune::cpu
