// Which attention weights dropout drops: the rule, one weight at a time. cpu_dropout-inl.h has it for
// vectors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "attune/ops/attention/cpu.h"
#include "attune/tensor/random.h"

namespace attune::cpu {

// Of 65536 equally likely values, how many drop a weight.
inline std::uint32_t dropped_of_65536(float dropout) {
  return static_cast<std::uint32_t>(std::lround(std::min(dropout, 65535.0f / 65536) * 65536));
}

// What the weight of `key` in a row is multiplied with, 0 or 1 / (1 - dropout). Rows (b, h, i) are counted
// through: (b H + h) Tq + i. The eight 16-bit halves of random_words(seed, stream, n) decide for eight keys,
// n = row ceil(Tk / 8) + key / 8.
inline double dropout_factor(const AttentionShape& shape, const AttentionSettings& settings, std::int64_t row,
                             std::int64_t key) {
  if (settings.dropout == 0) return 1;
  const std::int64_t index = row * ((shape.keys + 7) / 8) + key / 8;
  const RandomWords words = random_words(settings.seed, settings.stream, static_cast<std::uint64_t>(index));
  const std::uint32_t word = words.word[key % 8 / 2];
  const std::uint32_t half = key % 2 == 0 ? word & 0xffff : word >> 16;
  const std::uint32_t dropped = dropped_of_65536(settings.dropout);
  return half < dropped ? 0 : 65536.0 / (65536 - dropped);
}

}  // namespace attune::cpu
