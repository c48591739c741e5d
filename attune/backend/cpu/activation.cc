#include "attune/backend/cpu/activation.h"

#include <type_traits>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/activation.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vector_math-inl.h"
#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_BACKEND_CPU_ACTIVATION_KERNELS
#define ATTUNE_BACKEND_CPU_ACTIVATION_KERNELS
namespace attune::cpu {
// What one instruction set provides: the functions of the header, on one thread.
template <typename T>
struct ActivationKernels {
  decltype(&activate<T>) forward;
  decltype(&activate_backward<T>) backward;
};
}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {  // other files have functions of these names

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

HWY_INLINE V number(float value) { return hn::Set(D(), value); }

// Every function as value(x) and derivative(x).
struct Identity {
  static HWY_INLINE V value(V x) { return x; }
  static HWY_INLINE V derivative(V) { return number(1.0f); }
};

struct Relu {
  static HWY_INLINE V value(V x) { return hn::IfThenElse(hn::Lt(x, hn::Zero(D())), hn::Zero(D()), x); }
  static HWY_INLINE V derivative(V x) { return hn::IfThenElseZero(hn::Gt(x, hn::Zero(D())), number(1.0f)); }
};

// x P(X <= x) for a standard normal X.
struct GeluErf {
  static HWY_INLINE V probability(V x) {
    return hn::MulAdd(erf(D(), hn::Mul(x, number(0.70710678f))), number(0.5f), number(0.5f));
  }
  static HWY_INLINE V value(V x) { return hn::Mul(x, probability(x)); }
  static HWY_INLINE V derivative(V x) {
    const V bell = exp(D(), hn::Mul(hn::Mul(x, x), number(-0.5f)));
    return hn::MulAdd(hn::Mul(x, number(0.39894228f)), bell, probability(x));  // 1 / sqrt(2 pi)
  }
};

// With u = sqrt(2 / pi) (x + 0.044715 x^3), (1 + tanh(u)) / 2 is sigmoid(2 u): one exponential, no tanh.
struct GeluTanh {
  static constexpr float linear = 1.5957691f;   // 2 sqrt(2 / pi)
  static constexpr float cubic = 0.071354816f;  // 0.044715 times that
  static HWY_INLINE V gate(V x) {
    const V slope = hn::MulAdd(hn::Mul(x, x), number(cubic), number(linear));
    return sigmoid(D(), hn::Mul(x, slope));
  }
  static HWY_INLINE V value(V x) { return hn::Mul(x, gate(x)); }
  static HWY_INLINE V derivative(V x) {
    const V s = gate(x);
    const V slope = hn::MulAdd(hn::Mul(x, x), number(3 * cubic), number(linear));
    return hn::MulAdd(hn::Mul(x, slope), hn::NegMulAdd(s, s, s), s);
  }
};

struct Tanh {
  static HWY_INLINE V value(V x) { return tanh(D(), x); }
  static HWY_INLINE V derivative(V x) {
    const V y = tanh(D(), x);
    return hn::NegMulAdd(y, y, number(1.0f));
  }
};

struct Sigmoid {
  static HWY_INLINE V value(V x) { return sigmoid(D(), x); }
  static HWY_INLINE V derivative(V x) {
    const V s = sigmoid(D(), x);
    return hn::NegMulAdd(s, s, s);
  }
};

struct Silu {
  static HWY_INLINE V value(V x) { return hn::Mul(x, sigmoid(D(), x)); }
  static HWY_INLINE V derivative(V x) {
    const V s = sigmoid(D(), x);
    return hn::MulAdd(x, hn::NegMulAdd(s, s, s), s);
  }
};

struct Elu {
  static HWY_INLINE V value(V x) {
    // Near zero e^x - 1 = tanh(x / 2) (e^x + 1) keeps what the difference of two numbers near 1 loses.
    const V below = hn::Min(x, hn::Zero(D()));
    const V power = hn::Add(exp(D(), below), number(1.0f));
    return hn::IfThenElse(hn::Gt(x, hn::Zero(D())), x,
                          hn::Mul(tanh(D(), hn::Mul(below, number(0.5f))), power));
  }
  static HWY_INLINE V derivative(V x) { return exp(D(), hn::Min(x, hn::Zero(D()))); }
};

template <class F, typename T>
HWY_ATTR void map(const T* x, T* y, std::int64_t n) {
  const D d;
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, F::value(load(d, x + i, lanes)), y + i, lanes);
  });
}

template <class F, typename T>
HWY_ATTR void map_backward(const T* x, const T* dy, T* dx, std::int64_t n) {
  const D d;
  for_vectors(d, n, [&](std::int64_t i, auto lanes) HWY_ATTR {
    store(d, hn::Mul(load(d, dy + i, lanes), F::derivative(load(d, x + i, lanes))), dx + i, lanes);
  });
}

// Calls use(F{}) with the type of the function.
template <class Use>
HWY_ATTR void with_function(Activation function, Use use) {
  switch (function) {
    case Activation::none:
      return use(Identity{});
    case Activation::relu:
      return use(Relu{});
    case Activation::gelu_erf:
      return use(GeluErf{});
    case Activation::gelu_tanh:
      return use(GeluTanh{});
    case Activation::tanh:
      return use(Tanh{});
    case Activation::sigmoid:
      return use(Sigmoid{});
    case Activation::silu:
      return use(Silu{});
    case Activation::elu:
      return use(Elu{});
  }
}

template <typename T>
HWY_ATTR void forward(Activation function, const T* x, T* y, std::int64_t n) {
  with_function(function, [&]<class F>(F) HWY_ATTR { map<F>(x, y, n); });
}

template <typename T>
HWY_ATTR void backward(Activation function, const T* x, const T* dy, T* dx, std::int64_t n) {
  with_function(function, [&]<class F>(F) HWY_ATTR { map_backward<F>(x, dy, dx, n); });
}

ActivationKernels<float> float_kernels() { return {&forward<float>, &backward<float>}; }
ActivationKernels<bfloat16> bfloat16_kernels() { return {&forward<bfloat16>, &backward<bfloat16>}; }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(float_kernels);
HWY_EXPORT(bfloat16_kernels);

template <typename T>
const ActivationKernels<T>& chosen() {
  static const ActivationKernels<T> kernels = [] {
    isa();  // may cap Highway's choice, so it comes first
    if constexpr (std::is_same_v<T, float>) {
      return HWY_DYNAMIC_DISPATCH(float_kernels)();
    } else {
      return HWY_DYNAMIC_DISPATCH(bfloat16_kernels)();
    }
  }();
  return kernels;
}

}  // namespace

template <typename T>
void activate(Activation function, const T* x, T* y, std::int64_t n) {
  parallel_for(n, rows_grain(1), [&](std::int64_t begin, std::int64_t end) {
    chosen<T>().forward(function, x + begin, y + begin, end - begin);
  });
}

template <typename T>
void activate_backward(Activation function, const T* x, const T* dy, T* dx, std::int64_t n) {
  parallel_for(n, rows_grain(1), [&](std::int64_t begin, std::int64_t end) {
    chosen<T>().backward(function, x + begin, dy + begin, dx + begin, end - begin);
  });
}

template decltype(activate<float>) activate<float>;
template decltype(activate<bfloat16>) activate<bfloat16>;
template decltype(activate_backward<float>) activate_backward<float>;
template decltype(activate_backward<bfloat16>) activate_backward<bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
