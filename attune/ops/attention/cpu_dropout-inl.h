// Dropout of attention weights, compiled once for every instruction set.

// Include guard per target.
#if defined(ATTUNE_OPS_ATTENTION_CPU_DROPOUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_OPS_ATTENTION_CPU_DROPOUT_INL_H_
#undef ATTUNE_OPS_ATTENTION_CPU_DROPOUT_INL_H_
#else
#define ATTUNE_OPS_ATTENTION_CPU_DROPOUT_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "attune/ops/attention/cpu_dropout.h"
#include "attune/ops/attention/cpu_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {

using WordTag = hn::RebindToUnsigned<FloatTag>;
using WordVector = hn::Vec<WordTag>;

struct WideProduct {
  WordVector high, low;
};

HWY_INLINE WideProduct multiply_wide(WordVector x, std::uint32_t factor) {
  const WordTag d;
#if HWY_TARGET == HWY_SCALAR
  const std::uint64_t product = std::uint64_t{hn::GetLane(x)} * factor;
  return {.high = hn::Set(d, static_cast<std::uint32_t>(product >> 32)),
          .low = hn::Set(d, static_cast<std::uint32_t>(product))};
#else
  const hn::RepartitionToWide<WordTag> dw;
  const WordVector factors = hn::Set(d, factor);
  const auto even = hn::MulEven(x, factors);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(dw, x))), factors);
  return {.high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even))),
          .low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even))};
#endif
}

// Philox4x32-10 (Salmon et al., 2011), a counter in every lane: the vector form of attune::random_words.
HWY_INLINE void random_words(std::uint64_t seed, std::uint64_t stream, WordVector index_low,
                             WordVector index_high, WordVector words[4]) {
  const WordTag d;
  words[0] = index_low;
  words[1] = index_high;
  words[2] = hn::Set(d, static_cast<std::uint32_t>(stream));
  words[3] = hn::Set(d, static_cast<std::uint32_t>(stream >> 32));
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round, key0 += 0x9E3779B9u, key1 += 0xBB67AE85u) {
    const WideProduct a = multiply_wide(words[0], 0xD2511F53u);
    const WideProduct b = multiply_wide(words[2], 0xCD9E8D57u);
    words[0] = hn::Xor(hn::Xor(b.high, words[1]), hn::Set(d, key0));
    words[2] = hn::Xor(hn::Xor(a.high, words[3]), hn::Set(d, key1));
    words[1] = b.low;
    words[3] = a.low;
  }
}

// factors (keys, lanes): dropout_factor() of every weight of the tile; head_index is b H + h. The tile's
// first key is a multiple of 8.
HWY_INLINE void dropout_factors(const AttentionSettings& settings, const Tile& tile, std::int64_t head_index,
                                float* factors) {
  const FloatTag d;
  const WordTag dw;
  const Visibility& visible = *tile.visible;
  const std::uint32_t threshold = dropped_of_65536(settings.dropout);
  const FloatVector keep = hn::Set(d, 65536.0f / static_cast<float>(65536 - threshold));
  const auto per_query = static_cast<std::uint64_t>((visible.keys + 7) / 8);
  for (std::int64_t lane = 0; lane < tile.lanes(); lane += kLanes) {
    HWY_ALIGN std::uint32_t low[kLanes], high[kLanes];
    for (std::int64_t n = 0; n < kLanes; ++n) {
      const auto query = static_cast<std::uint64_t>(head_index * visible.queries + tile.query + lane + n);
      const std::uint64_t index = query * per_query + static_cast<std::uint64_t>(tile.key / 8);
      low[n] = static_cast<std::uint32_t>(index);
      high[n] = static_cast<std::uint32_t>(index >> 32);
    }
    const WordVector start = hn::Load(dw, low), start_high = hn::Load(dw, high);
    for (std::int64_t row = 0; row < tile.keys; row += 8) {
      if (tile.first_lane(row) > lane) break;
      const WordVector index = hn::Add(start, hn::Set(dw, static_cast<std::uint32_t>(row / 8)));
      const auto carry = hn::VecFromMask(dw, hn::Lt(index, start));  // all ones where the low word wrapped
      WordVector words[4];
      random_words(settings.seed, settings.stream, index, hn::Sub(start_high, carry), words);
      for (std::int64_t n = 0; n < 8; ++n) {
        const WordVector word = words[n / 2];
        const WordVector half = n % 2 == 0 ? hn::And(word, hn::Set(dw, 0xffffu)) : hn::ShiftRight<16>(word);
        const auto kept = hn::Not(hn::RebindMask(d, hn::Lt(half, hn::Set(dw, threshold))));
        hn::Store(hn::IfThenElseZero(kept, keep), d, factors + (row + n) * kTileQueries + lane);
      }
    }
  }
}

}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
