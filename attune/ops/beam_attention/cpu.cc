#include "attune/ops/beam_attention/cpu.h"

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/beam_attention/cpu.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/ops/attention/cpu_few_queries-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

// One head's rows, of which the table says whose each position is.
template <typename T>
struct AncestralRows {
  const T* data;
  std::int64_t row_stride, time_stride;
  const std::int32_t* ancestry;
  HWY_INLINE const T* at(std::int64_t j) const { return data + ancestry[j] * row_stride + j * time_stride; }
};

// Queries [begin, end) of all, ordered by hypothesis, head and position.
template <typename T>
HWY_ATTR void attend(const BeamAttention<T>& o, std::int64_t begin, std::int64_t end) {
  const AttentionShape& s = o.shape;
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t query = i % s.queries, h = i / s.queries % s.heads, n = i / s.queries / s.heads;
    const auto rows = [&](const HeadsView<const T>& x) {
      return AncestralRows<T>{x.row(0, 0, h), x.batch_stride, x.time_stride,
                              o.ancestry + n * o.ancestry_stride};
    };
    attend_row(
        o.q.row(n, query, h), rows(o.k), rows(o.v), query + 1 + s.keys - s.queries, s.head_dim, o.scale,
        [&](std::int64_t first, std::int64_t count, float* scores) HWY_ATTR {
          if (o.bias == nullptr) return;
          const BiasStrides& b = o.bias_strides;
          const float* bias = o.bias + n * b.batch + h * b.head + query * b.query + first * b.key;
          for (std::int64_t j = 0; j < count; ++j) scores[j] += bias[j * b.key];
        },
        o.out.row(n, query, h));
  }
}

void attend_float(const BeamAttention<float>& o, std::int64_t begin, std::int64_t end) {
  attend(o, begin, end);
}
void attend_bfloat16(const BeamAttention<bfloat16>& o, std::int64_t begin, std::int64_t end) {
  attend(o, begin, end);
}

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(attend_float);
HWY_EXPORT(attend_bfloat16);

}  // namespace

template <typename T>
void beam_attention(const BeamAttention<T>& operands) {
  isa();  // may cap Highway's choice, so it comes first
  const AttentionShape& s = operands.shape;
  // A thread has to be worth its start: about 5 microseconds, in which another reads 100,000 numbers.
  const std::int64_t grain = 1 + 100'000 / (s.keys * s.head_dim + 1);
  parallel_for(s.batch * s.heads * s.queries, grain, [&](std::int64_t begin, std::int64_t end) {
    if constexpr (std::is_same_v<T, float>) {
      HWY_DYNAMIC_DISPATCH(attend_float)(operands, begin, end);
    } else {
      HWY_DYNAMIC_DISPATCH(attend_bfloat16)(operands, begin, end);
    }
  });
}

template void beam_attention(const BeamAttention<float>&);
template void beam_attention(const BeamAttention<bfloat16>&);

}  // namespace attune::cpu
#endif  // HWY_ONCE
