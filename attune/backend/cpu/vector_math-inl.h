// Elementary functions of float vectors, compiled once for every instruction set: include after
// hwy/foreach_target.h and call inside namespace attune::cpu::HWY_NAMESPACE with d = ScalableTag<float>.
//
// Error bounds, in units in the last place (ULP) of the float nearest to the true value, hold with and
// without fused multiply-add and are tested over dense sweeps of all floats: exp 2, log 2, tanh 3, erf 2,
// sigmoid 3. Infinities and NaN give what <cmath> gives. Results below the smallest normal number (1.18e-38)
// become zero, in exp and sigmoid only. Polynomials are minimax fits of our own to the stated intervals.

// Include guard per target.
#if defined(ATTUNE_BACKEND_CPU_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_BACKEND_CPU_VECTOR_MATH_INL_H_
#undef ATTUNE_BACKEND_CPU_VECTOR_MATH_INL_H_
#else
#define ATTUNE_BACKEND_CPU_VECTOR_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstdint>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// c0 + x (c1 + x (c2 + ...)), by Horner's rule.
template <class D, class V>
HWY_INLINE V polynomial(D d, V x, float c0) {
  return hn::Set(d, c0);
}
template <class D, class V, typename... Rest>
HWY_INLINE V polynomial(D d, V x, float c0, Rest... rest) {
  return hn::MulAdd(polynomial(d, x, rest...), x, hn::Set(d, c0));
}

// x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite, 1980); e^x = 2^n e^r.
template <class D, class V>
HWY_INLINE V exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V magic =
      hn::Set(d, 12582912.0f);  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), magic);
  const V n = hn::Sub(shifted, magic);
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);  // ln 2 in two parts; n times the first is exact
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  const V q = polynomial(d, r, 0.49999994f, 0.16666521f, 0.041668389f, 0.0083687167f, 0.0013814599f);
  const V p = hn::Add(hn::Set(d, 1.0f), hn::MulAdd(hn::Mul(r, r), q, r));
  // 2^n p by adding n to the exponent. p is in [0.70, 1.42], so this is right for every normal result.
  V y = hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, shifted))));
  const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  y = hn::IfThenElse(hn::Le(x, hn::Set(d, 88.7228317f)), y, hn::Add(x, infinity));  // NaN stays NaN
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, -87.3365402f)), hn::Zero(d), y);
}

// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); log x = e ln 2 + log(1 + f).
template <class D, class V>
HWY_INLINE V log(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const auto subnormal = hn::Lt(x, hn::Set(d, std::numeric_limits<float>::min()));
  const V scaled = hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 8388608.0f)), x);  // by 2^23
  const auto root_half = hn::Set(di, 0x3f3504f3);                                     // the bits of sqrt(1/2)
  const auto bits = hn::Sub(hn::BitCast(di, scaled), root_half);
  const auto mantissa = hn::Add(hn::And(bits, hn::Set(di, 0x007fffff)), root_half);
  const V e =
      hn::Sub(hn::ConvertTo(d, hn::ShiftRight<23>(bits)), hn::IfThenElseZero(subnormal, hn::Set(d, 23.0f)));
  const V f = hn::Sub(hn::BitCast(d, mantissa), hn::Set(d, 1.0f));
  const V f2 = hn::Mul(f, f);
  const V p = polynomial(d, f, 0.33333331f, -0.25000820f, 0.20001227f, -0.16623357f, 0.14201757f,
                         -0.13160183f, 0.12761578f, -0.076344974f);
  V y = hn::MulAdd(e, hn::Set(d, -2.12194440e-4f), hn::Mul(hn::Mul(f2, f), p));
  y = hn::Add(f, hn::NegMulAdd(hn::Set(d, 0.5f), f2, y));
  y = hn::MulAdd(e, hn::Set(d, 0.693359375f), y);
  y = hn::IfThenElse(hn::Lt(x, infinity), y, x);  // infinity and NaN stay
  y = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Set(d, std::numeric_limits<float>::quiet_NaN()), y);
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(infinity), y);
}

// x + x^3 P(x^2) near zero; elsewhere 1 - 2 / (e^2|x| + 1) with the sign of x.
template <class D, class V>
HWY_INLINE V tanh(D d, V x) {
  const V a = hn::Abs(x);
  const V z = hn::Mul(x, x);
  const V p = polynomial(d, z, -0.33333281f, 0.13331442f, -0.053739715f, 0.020639088f, -0.0057049873f);
  const V small = hn::MulAdd(hn::Mul(z, p), x, x);
  const V one = hn::Set(d, 1.0f);
  const V large = hn::Sub(one, hn::Div(hn::Set(d, 2.0f), hn::Add(exp(d, hn::Add(a, a)), one)));
  return hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.625f)), small, hn::CopySign(large, x));
}

// x + x P(x^2) for |x| < 0.9; elsewhere 1 - e^Q(|x|) with the sign of x, where Q fits log(erfc) up to 4.
template <class D, class V>
HWY_INLINE V erf(D d, V x) {
  const V a = hn::Abs(x);
  const V p = polynomial(d, hn::Mul(x, x), 0.128379107f, -0.37612525f, 0.11282141f, -0.026778912f,
                         0.0050119670f, -0.00060903787f);
  const V small = hn::MulAdd(x, p, x);
  const V t = hn::IfThenElse(hn::Gt(a, hn::Set(d, 4.0f)), hn::Set(d, 4.0f), a);  // keeps NaN
  const V q = polynomial(d, t, -0.00016644777f, -1.12779725f, -0.63697606f, -0.10411368f, 0.022315213f,
                         -0.0030654902f, 0.00019821966f);
  const V large = hn::Sub(hn::Set(d, 1.0f), exp(d, q));
  return hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.9f)), small, hn::CopySign(large, x));
}

// 1 / (1 + e^-x)
template <class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, exp(d, hn::Neg(x))));
}

}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
