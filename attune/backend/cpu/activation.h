// Activation functions, element by element, T = float or bfloat16, float32 arithmetic. Threaded.
#pragma once

#include <cstdint>

namespace attune::cpu {

enum class Activation : std::uint8_t {
  none,       // x
  relu,       // max(x, 0)
  gelu_erf,   // x (1 + erf(x / sqrt(2))) / 2 (Hendrycks, Gimpel 2016, 1606.08415)
  gelu_tanh,  // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, the same paper's approximation
              // ("gelu_new")
  tanh,
  sigmoid,  // 1 / (1 + e^-x)
  silu,     // x sigmoid(x)
  elu,      // x, and e^x - 1 below zero (Clevert et al., 1511.07289, with alpha = 1)
};

// y = f(x). y may be x.
template <typename T>
void activate(Activation function, const T* x, T* y, std::int64_t n);

// dx = dy f'(x), where x is what went into f. dx may be x or dy.
template <typename T>
void activate_backward(Activation function, const T* x, const T* dy, T* dx, std::int64_t n);

}  // namespace attune::cpu
