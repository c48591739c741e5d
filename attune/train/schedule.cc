#include "attune/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "attune/base/error.h"

namespace attune::train {

std::string_view name_of(ScheduleKind kind) {
  switch (kind) {
    case ScheduleKind::constant:
      return "constant";
    case ScheduleKind::linear:
      return "linear";
    case ScheduleKind::cosine:
      return "cosine";
    case ScheduleKind::inverse_sqrt:
      return "inverse_sqrt";
  }
  fail("unknown schedule");
}

ScheduleKind parse_schedule_kind(std::string_view name) {
  for (const auto kind :
       {ScheduleKind::constant, ScheduleKind::linear, ScheduleKind::cosine, ScheduleKind::inverse_sqrt}) {
    if (name == name_of(kind)) return kind;
  }
  fail_usage("--lr-scheduler-type is \"{}\", expected constant, linear, cosine or inverse_sqrt", name);
}

double Schedule::at(std::int64_t steps_done) const {
  const auto step = static_cast<double>(steps_done), warmup = static_cast<double>(warmup_steps);
  if (steps_done < warmup_steps) return learning_rate * (step + 1) / (warmup + 1);

  const double decay_steps = std::max(1.0, static_cast<double>(max_steps) - warmup);
  const double progress = std::min(1.0, (step - warmup) / decay_steps);
  const double range = learning_rate - min_learning_rate;
  switch (kind) {
    case ScheduleKind::constant:
      return learning_rate;
    case ScheduleKind::linear:
      return min_learning_rate + range * (1 - progress);
    case ScheduleKind::cosine:
      return min_learning_rate + range * 0.5 * (1 + std::cos(std::numbers::pi * progress));
    case ScheduleKind::inverse_sqrt: {
      const double timescale = warmup_steps > 0 ? warmup : 10'000;
      return std::max(min_learning_rate, learning_rate / std::sqrt((step + timescale - warmup) / timescale));
    }
  }
  fail("unknown schedule");
}

}  // namespace attune::train
