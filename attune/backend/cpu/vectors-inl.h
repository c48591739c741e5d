// Vectors over arrays of float32 and bfloat16 alike, compiled once for every instruction set: include after
// hwy/foreach_target.h and use inside namespace attune::cpu::HWY_NAMESPACE with d = ScalableTag<float>.
// Arithmetic is float32 whatever the array holds. No function reads or writes past the end of an array.

// Include guard per target.
#if defined(ATTUNE_BACKEND_CPU_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_BACKEND_CPU_VECTORS_INL_H_
#undef ATTUNE_BACKEND_CPU_VECTORS_INL_H_
#else
#define ATTUNE_BACKEND_CPU_VECTORS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "attune/tensor/dtype.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// How many lanes of a vector are in use: all, or the first `count` (the odd end of an array).
struct AllLanes {};
struct FirstLanes {
  std::size_t count;
};

// ---- loads: missing lanes are zero

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const float* from, AllLanes = {}) {
  return hn::LoadU(d, from);
}
template <class D>
HWY_INLINE hn::Vec<D> load(D d, const float* from, FirstLanes lanes) {
  return hn::MaskedLoad(hn::FirstN(d, lanes.count), d, from);
}
template <class D>
HWY_INLINE hn::Vec<D> load(D d, const bfloat16* from, AllLanes = {}) {
  const hn::Rebind<std::uint16_t, D> d16;
  const hn::Rebind<std::uint32_t, D> d32;
  const auto bits = hn::LoadU(d16, reinterpret_cast<const std::uint16_t*>(from));
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(d32, bits)));
}
template <class D>
HWY_INLINE hn::Vec<D> load(D d, const bfloat16* from, FirstLanes lanes) {
  bfloat16 whole[hn::MaxLanes(D())] = {};
  std::memcpy(whole, from, lanes.count * sizeof(bfloat16));
  return load(d, whole);
}

// ---- stores: bfloat16 rounds to nearest, ties to even; NaN stays NaN

template <class D>
HWY_INLINE void store(D d, hn::Vec<D> v, float* to, AllLanes = {}) {
  hn::StoreU(v, d, to);
}
template <class D>
HWY_INLINE void store(D d, hn::Vec<D> v, float* to, FirstLanes lanes) {
  hn::BlendedStore(v, hn::FirstN(d, lanes.count), d, to);
}
template <class D>
HWY_INLINE void store(D d, hn::Vec<D> v, bfloat16* to, AllLanes = {}) {
  const hn::Rebind<hwy::bfloat16_t, D> d16;
  const hn::Rebind<std::uint16_t, D> du16;
  const hn::RebindToUnsigned<D> du;
  const auto bits = hn::BitCast(du, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
  const auto rounded = hn::BitCast(d, hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fffu))));
  const auto quiet = hn::BitCast(d, hn::Or(bits, hn::Set(du, 0x400000u)));
  const auto upper_halves = hn::DemoteTo(d16, hn::IfThenElse(hn::IsNaN(v), quiet, rounded));  // truncates
  hn::StoreU(hn::BitCast(du16, upper_halves), du16, reinterpret_cast<std::uint16_t*>(to));
}
template <class D>
HWY_INLINE void store(D d, hn::Vec<D> v, bfloat16* to, FirstLanes lanes) {
  bfloat16 whole[hn::MaxLanes(D())];
  store(d, v, whole);
  std::memcpy(to, whole, lanes.count * sizeof(bfloat16));
}

// ---- loops over an array

// v with `value` in the lanes that are not in use.
template <class D>
HWY_INLINE hn::Vec<D> fill_missing(D, hn::Vec<D> v, hn::Vec<D>, AllLanes) {
  return v;
}
template <class D>
HWY_INLINE hn::Vec<D> fill_missing(D d, hn::Vec<D> v, hn::Vec<D> value, FirstLanes lanes) {
  return hn::IfThenElse(hn::FirstN(d, lanes.count), v, value);
}

// Calls body(i, lanes) for every vector of an array of n elements; i is its first element. Write the body as
// [&](std::int64_t i, auto lanes) HWY_ATTR { ... }, so that it is compiled for the instruction set.
template <class D, class Body>
HWY_INLINE void for_vectors(D d, std::int64_t n, Body body) {
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + width <= n; i += width) body(i, AllLanes{});
  if (i < n) body(i, FirstLanes{static_cast<std::size_t>(n - i)});
}

// The sum over an array of n elements of term(i, lanes), a vector each. Four running sums hide the latency of
// an addition; the order of additions depends only on n and the width of a vector.
template <class D, class Term>
HWY_INLINE float sum_of(D d, std::int64_t n, Term term) {
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  std::int64_t i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    s0 = hn::Add(s0, term(i, AllLanes{}));
    s1 = hn::Add(s1, term(i + width, AllLanes{}));
    s2 = hn::Add(s2, term(i + 2 * width, AllLanes{}));
    s3 = hn::Add(s3, term(i + 3 * width, AllLanes{}));
  }
  for (; i + width <= n; i += width) s0 = hn::Add(s0, term(i, AllLanes{}));
  if (i < n) {
    const FirstLanes rest{static_cast<std::size_t>(n - i)};
    s1 = hn::Add(s1, fill_missing(d, term(i, rest), hn::Zero(d), rest));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
