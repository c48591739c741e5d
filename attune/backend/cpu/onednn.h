// The one file that speaks to oneDNN (version 2; version 3 builds its descriptors differently).
#pragma once

#include <memory>

#include "attune/backend/cpu/matmul.h"

namespace attune::cpu {

// As matmul(), for float32 and bfloat16 operands, k > 0.
void onednn_matmul(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
                   const Matrix& b, const Matrix& c, const MatmulOptions& options);

// A copy of a weight (n, k), float32 or bfloat16, in the blocks in which oneDNN's kernels read it: products
// of many rows run at the processor's peak, where plain rows give about 85% of it in float32 and 75% in
// bfloat16.
class OneDnnWeight {
 public:
  // Whether such products exist here; the blocks are those of AVX-512.
  static bool is_supported();

  // How much memory the copy takes.
  static std::size_t bytes(std::int64_t n, std::int64_t k, DType dtype);

  // `weight` is (n, k), with one unit stride; `memory`, which must outlive this, takes bytes() of it, aligned
  // to
  // 64. Throws Error where is_supported() is false.
  OneDnnWeight(std::int64_t n, std::int64_t k, const Matrix& weight, void* memory);
  ~OneDnnWeight();
  OneDnnWeight(const OneDnnWeight&) = delete;
  OneDnnWeight& operator=(const OneDnnWeight&) = delete;

  // c (m, n) = activation(a (m, k) W^T + bias). a has the weight's type, c that or float32; the rows of both
  // lie one after the other. bias is (n) float32, or null.
  void multiply(std::int64_t m, const void* a, const float* bias, Activation activation, void* c,
                DType c_dtype) const;

 private:
  struct Memory;
  std::int64_t n_, k_;
  DType dtype_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace attune::cpu
