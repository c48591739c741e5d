#include "attune/backend/cpu/dropout.h"

#include <algorithm>
#include <type_traits>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/dropout.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/philox-inl.h"
#include "attune/backend/cpu/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {  // other files have functions of these names

constexpr std::int64_t block_size = 64;  // elements that share 16 counters of four words
constexpr std::int64_t block_counters = 16;

// The blocks [begin, end) of an array of n elements.
template <typename T>
HWY_ATTR void dropout_blocks(const T* x, T* y, std::int64_t n, float p, std::uint64_t seed,
                             std::uint64_t stream, std::int64_t begin, std::int64_t end) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::RebindToSigned<decltype(d)> di;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const auto threshold = hn::Set(di, static_cast<std::int32_t>(static_cast<double>(p) * 0x1.0p31));
  const auto keep_scale = hn::Set(d, 1.0f / (1.0f - p));
  for (std::int64_t counter = begin * block_counters; counter < end * block_counters; counter += width) {
    const auto random = philox(du, seed, stream, static_cast<std::uint64_t>(counter));
    const std::int64_t first = counter / block_counters * block_size + counter % block_counters;
    for (int w = 0; w < 4; ++w) {
      const auto dropped = hn::Lt(hn::BitCast(di, hn::ShiftRight<1>(random.word[w])), threshold);
      const auto mask = hn::RebindMask(d, dropped);
      const std::int64_t i = first + w * block_counters;
      for_vectors(d, std::clamp<std::int64_t>(n - i, 0, width), [&](std::int64_t, auto lanes) HWY_ATTR {
        store(d, hn::IfThenZeroElse(mask, hn::Mul(load(d, x + i, lanes), keep_scale)), y + i, lanes);
      });
    }
  }
}

void dropout_float(const float* x, float* y, std::int64_t n, float p, std::uint64_t seed,
                   std::uint64_t stream, std::int64_t begin, std::int64_t end) {
  dropout_blocks(x, y, n, p, seed, stream, begin, end);
}
void dropout_bfloat16(const bfloat16* x, bfloat16* y, std::int64_t n, float p, std::uint64_t seed,
                      std::uint64_t stream, std::int64_t begin, std::int64_t end) {
  dropout_blocks(x, y, n, p, seed, stream, begin, end);
}

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {
HWY_EXPORT(dropout_float);
HWY_EXPORT(dropout_bfloat16);
}  // namespace

template <typename T>
void dropout(const T* x, T* y, std::int64_t n, float p, std::uint64_t seed, std::uint64_t stream) {
  isa();  // may cap Highway's choice, so it comes first
  const std::int64_t blocks = (n + 63) / 64;
  parallel_for(blocks, rows_grain(64), [&](std::int64_t begin, std::int64_t end) {
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(dropout_float)(x, y, n, p, seed, stream, begin, end);
    } else {
      HWY_DYNAMIC_DISPATCH(dropout_bfloat16)(x, y, n, p, seed, stream, begin, end);
    }
  });
}

template decltype(dropout<float>) dropout<float>;
template decltype(dropout<bfloat16>) dropout<bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
