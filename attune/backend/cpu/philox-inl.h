// Philox4x32-10, the counter-based random number generator (Salmon et al., "Parallel random numbers: as easy
// as 1, 2, 3", 2011), on vectors; equal to Random123's bit for bit. Include after hwy/foreach_target.h.

// Include guard per target.
#if defined(ATTUNE_BACKEND_CPU_PHILOX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_BACKEND_CPU_PHILOX_INL_H_
#undef ATTUNE_BACKEND_CPU_PHILOX_INL_H_
#else
#define ATTUNE_BACKEND_CPU_PHILOX_INL_H_
#endif

#include <Random123/philox.h>
#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The four 32-bit words of many counters, one counter a lane.
template <class V>
struct PhiloxWords {
  V word[4];
};

#if HWY_TARGET == HWY_SCALAR

template <class D>
HWY_INLINE PhiloxWords<hn::Vec<D>> philox(D d, std::uint64_t seed, std::uint64_t stream,
                                          std::uint64_t first) {
  const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  const auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
  const auto words =
      r123::Philox4x32()({{low(first), high(first), low(stream), high(stream)}}, {{low(seed), high(seed)}});
  return {{hn::Set(d, words[0]), hn::Set(d, words[1]), hn::Set(d, words[2]), hn::Set(d, words[3])}};
}

#else

// Ten rounds on every second lane: each word of the counter stands in the lower half of a 64-bit lane, and
// what stands in the upper half does not matter.
template <class D, class V64>
HWY_INLINE void philox_rounds(D d, std::uint64_t seed, V64& c0, V64& c1, V64& c2, V64& c3) {
  const hn::Repartition<std::uint64_t, D> d64;
  const auto multiplier0 = hn::Set(d, 0xD2511F53u), multiplier1 = hn::Set(d, 0xCD9E8D57u);
  auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const V64 product0 = hn::MulEven(hn::BitCast(d, c0), multiplier0);
    const V64 product1 = hn::MulEven(hn::BitCast(d, c2), multiplier1);
    c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1), hn::Set(d64, std::uint64_t{key0}));
    c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3), hn::Set(d64, std::uint64_t{key1}));
    c1 = product1;
    c3 = product0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

// Lane i: the words of the stream (seed, stream) at index first + i, as attune::random_words gives them.
// d is ScalableTag<uint32_t>.
template <class D>
HWY_INLINE PhiloxWords<hn::Vec<D>> philox(D d, std::uint64_t seed, std::uint64_t stream,
                                          std::uint64_t first) {
  const hn::Repartition<std::uint64_t, D> d64;
  using V64 = hn::Vec<decltype(d64)>;
  const V64 twice = hn::ShiftLeft<1>(hn::Iota(d64, 0));
  V64 even[4], odd[4];
  even[0] = hn::Add(twice, hn::Set(d64, first));
  odd[0] = hn::Add(twice, hn::Set(d64, first + 1));
  even[1] = hn::ShiftRight<32>(even[0]);
  odd[1] = hn::ShiftRight<32>(odd[0]);
  even[2] = odd[2] = hn::Set(d64, stream);
  even[3] = odd[3] = hn::Set(d64, stream >> 32);
  philox_rounds(d, seed, even[0], even[1], even[2], even[3]);
  philox_rounds(d, seed, odd[0], odd[1], odd[2], odd[3]);
  PhiloxWords<hn::Vec<D>> result;
  for (int w = 0; w < 4; ++w) {
    result.word[w] = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd[w])), hn::BitCast(d, even[w]));
  }
  return result;
}

#endif

}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
