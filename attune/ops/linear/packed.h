// The affine map of the last dimension with a weight that is packed for inference.
#pragma once

#include <memory>
#include <optional>

#include "attune/ops/activation/activation.h"
#include "attune/tensor/tensor.h"

namespace attune::cpu {
class OneDnnWeight;
}

namespace attune::ops {

// A weight (out, in), and beside it a copy in the layout that products of many rows read fastest. Worth its
// memory where thousands of rows come through; training changes weights, so it has no use for one.
class PackedWeight {
 public:
  // Whether there are such products for the weight on this processor: float32 or bfloat16 with AVX-512.
  static bool is_supported(const Tensor& weight);

  explicit PackedWeight(Tensor weight);
  ~PackedWeight();

  const Tensor& plain() const { return plain_; }
  // Throws Error when the plain weight was written since it was packed.
  const cpu::OneDnnWeight& packed() const;

 private:
  Tensor plain_, blocks_;
  std::uint64_t version_;
  std::unique_ptr<cpu::OneDnnWeight> packed_;
};

// activation(x W^T + b), as linear() and activation() give it, to rounding. The activation is applied before
// the product is stored. Few rows, and whatever a gradient is asked of, run on the plain weight.
Tensor linear(const Tensor& x, const PackedWeight& weight, const Tensor& bias = {},
              std::optional<ActivationKind> activation = std::nullopt);

}  // namespace attune::ops
