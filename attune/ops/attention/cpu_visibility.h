// Which keys a query may see, for the kernels in this folder.
#pragma once

#include <algorithm>
#include <cstdint>

#include "attune/ops/attention/cpu.h"

namespace attune::cpu {

// The causal and prefix masks of one sequence: query i sees the keys [0, keys_seen(i)), a number that never
// falls as i grows. Padding is separate (key_mask), since it leaves holes.
struct Visibility {
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  bool causal = false;
  std::int64_t prefix = 0;
  const bool* key_mask = nullptr;  // (Tk), true where the key may be seen; null: everywhere

  std::int64_t keys_seen(std::int64_t query) const {
    if (!causal) return keys;
    return std::clamp(std::max(query + 1 + keys - queries, prefix), std::int64_t{0}, keys);
  }

  // The first query that sees `key`.
  std::int64_t first_query(std::int64_t key) const {
    if (!causal || key < prefix) return 0;
    return std::max(key - (keys - queries), std::int64_t{0});
  }

  bool hides(std::int64_t key) const { return key_mask != nullptr && !key_mask[key]; }

  bool hides_all(std::int64_t begin, std::int64_t end) const {
    return key_mask != nullptr &&
           std::none_of(key_mask + begin, key_mask + end, [](bool seen) { return seen; });
  }
};

inline Visibility visibility_of(const AttentionShape& shape, const AttentionSettings& settings,
                                std::int64_t b) {
  return {.queries = shape.queries,
          .keys = shape.keys,
          .causal = settings.causal,
          .prefix = settings.prefix == nullptr ? 0 : std::min(settings.prefix[b], shape.keys),
          .key_mask = settings.key_mask == nullptr ? nullptr : settings.key_mask + b * shape.keys};
}

inline const float* bias_at(const AttentionSettings& settings, std::int64_t b, std::int64_t h) {
  if (settings.bias == nullptr) return nullptr;
  return settings.bias + b * settings.bias_strides.batch + h * settings.bias_strides.head;
}

}  // namespace attune::cpu
