// Activation functions, element by element.
#pragma once

#include <cstdint>
#include <string_view>

#include "attune/tensor/tensor.h"

namespace attune::ops {

enum class ActivationKind : std::uint8_t {
  relu,       // max(x, 0)
  gelu,       // x (1 + erf(x / sqrt(2))) / 2 (Hendrycks and Gimpel, 1606.08415)
  gelu_tanh,  // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, the same paper's approximation
  tanh,
  sigmoid,  // 1 / (1 + e^-x)
  silu,     // x sigmoid(x)
  elu,      // x, and e^x - 1 below zero (Clevert et al., 1511.07289, with alpha = 1)
};

// f(x), of the shape and type of x. The gradient of relu at 0 is 0.
Tensor activation(const Tensor& x, ActivationKind kind);

// The names that Hugging Face configurations use: relu, gelu, gelu_new, tanh, sigmoid, silu, elu. Also
// accepts gelu_pytorch_tanh (gelu_new) and swish (silu). Throws Error for another name.
ActivationKind activation_from_name(std::string_view name);
std::string_view name_of(ActivationKind kind);

}  // namespace attune::ops
