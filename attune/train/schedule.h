// The learning rate of every step.
#pragma once

#include <cstdint>
#include <string_view>

namespace attune::train {

// Named as Hugging Face's Trainer names them (--lr-scheduler-type).
enum class ScheduleKind { constant, linear, cosine, inverse_sqrt };

std::string_view name_of(ScheduleKind kind);
// Throws UsageError that lists the names.
ScheduleKind parse_schedule_kind(std::string_view name);

// Warm-up and then decay, as a function of the steps done so far.
//
// Warm-up over W steps is nanoGPT's: lr (s + 1) / (W + 1), so that no step is wasted on a rate of zero. After
// it, with N steps in all and p = (s - W) / (N - W):
//   constant      lr
//   linear        min + (lr - min) (1 - p)
//   cosine        min + (lr - min) (1 + cos(pi p)) / 2                 (Loshchilov and Hutter, 1608.03983)
//   inverse_sqrt  lr / sqrt((s + k - W) / k), k = W or, without warm-up, 10,000; at least min
//                                                              (Vaswani et al., 1706.03762, section 5.3)
struct Schedule {
  ScheduleKind kind = ScheduleKind::linear;
  double learning_rate = 0;
  double min_learning_rate = 0;
  std::int64_t warmup_steps = 0;
  std::int64_t max_steps = 0;

  double at(std::int64_t steps_done) const;
};

}  // namespace attune::train
