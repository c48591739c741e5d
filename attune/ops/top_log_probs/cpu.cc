#include "attune/ops/top_log_probs/cpu.h"

#include <algorithm>
#include <limits>

#include "attune/backend/cpu/softmax.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/ops/top_log_probs/cpu.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#ifndef ATTUNE_OPS_TOP_LOG_PROBS_LIST
#define ATTUNE_OPS_TOP_LOG_PROBS_LIST
namespace attune::cpu {

// The best of a row so far, in order.
struct BestList {
  std::int64_t count;
  std::span<const std::int64_t> suppressed;
  float* values;
  std::int64_t* tokens;

  float lowest() const { return values[count - 1]; }

  // Puts a value above lowest() in its place; the last falls out.
  void insert(float value, std::int64_t token) {
    if (std::find(suppressed.begin(), suppressed.end(), token) != suppressed.end()) return;
    std::int64_t i = count - 1;
    for (; i > 0 && values[i - 1] < value; --i) {
      values[i] = values[i - 1];
      tokens[i] = tokens[i - 1];
    }
    values[i] = value;
    tokens[i] = token;
  }
};

}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Vectors in which nothing is above the list's lowest, and after the first few that is nearly all of them,
// cost one comparison.
HWY_ATTR void find_best(const float* x, std::int64_t n, BestList& list) {
  const hn::ScalableTag<float> d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const auto look_at = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      if (x[i] > list.lowest()) list.insert(x[i], i);
    }
  };
  std::int64_t i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    const auto left = hn::Max(hn::LoadU(d, x + i), hn::LoadU(d, x + i + width));
    const auto right = hn::Max(hn::LoadU(d, x + i + 2 * width), hn::LoadU(d, x + i + 3 * width));
    if (hn::AllFalse(d, hn::Gt(hn::Max(left, right), hn::Set(d, list.lowest())))) continue;
    look_at(i, i + 4 * width);
  }
  look_at(i, n);
}

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(find_best);

}  // namespace

void top_log_probs(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t count,
                   std::span<const std::int64_t> suppressed, float* log_probs, std::int64_t* tokens) {
  isa();  // may cap Highway's choice, so it comes first
  parallel_for(rows, rows_grain(columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* row = x + r * columns;
      BestList list{count, suppressed, log_probs + r * count, tokens + r * count};
      std::fill_n(list.values, count, -std::numeric_limits<float>::infinity());
      std::fill_n(list.tokens, count, -1);
      HWY_DYNAMIC_DISPATCH(find_best)(row, columns, list);
      float total = 0;
      log_sum_exp(row, &total, 1, columns);
      for (std::int64_t i = 0; i < count; ++i) list.values[i] -= total;
    }
  });
}

}  // namespace attune::cpu
#endif  // HWY_ONCE
