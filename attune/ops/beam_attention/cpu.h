// beam_attention on the CPU, threaded over hypotheses and heads; nothing is allocated.
#pragma once

#include <cstdint>

#include "attune/ops/attention/cpu.h"

namespace attune::cpu {

template <typename T>
struct BeamAttention {
  AttentionShape shape;  // batch: hypotheses
  float scale;
  const float* bias = nullptr;  // (hypotheses, heads, queries, keys), with these strides; none: null
  BiasStrides bias_strides = {};
  HeadsView<const T> q, k, v;    // k and v by row, not by hypothesis
  const std::int32_t* ancestry;  // (hypotheses, keys), `ancestry_stride` from one to the next
  std::int64_t ancestry_stride;
  HeadsView<T> out;
};

// float or bfloat16.
template <typename T>
void beam_attention(const BeamAttention<T>& operands);

}  // namespace attune::cpu
