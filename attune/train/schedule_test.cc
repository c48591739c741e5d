#include "attune/train/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attune/base/error.h"

namespace attune::train {
namespace {

TEST(Schedule, DecaysAsHuggingFaces) {
  std::ifstream file(ATTUNE_GOLDENS "/optimizer/schedules.json");
  for (const auto& golden : nlohmann::json::parse(file)) {
    const auto name = golden["name"].get<std::string>();
    const auto warmup = golden["warmup_steps"].get<std::int64_t>();
    const Schedule schedule{parse_schedule_kind(name), 1, 0, warmup, 100};
    for (std::int64_t step = warmup; step < 100; ++step) {
      EXPECT_NEAR(schedule.at(step), golden["rates"][static_cast<std::size_t>(step)].get<double>(), 1e-12)
          << name << " with " << warmup << " warm-up steps, step " << step;
    }
  }
}

// nanoGPT's get_lr, in its own words.
double nanogpt(double step, double peak, double minimum, double warmup, double decay_steps) {
  if (step < warmup) return peak * (step + 1) / (warmup + 1);
  if (step > decay_steps) return minimum;
  const double decay_ratio = (step - warmup) / (decay_steps - warmup);
  const double coefficient = 0.5 * (1.0 + std::cos(M_PI * decay_ratio));
  return minimum + coefficient * (peak - minimum);
}

TEST(Schedule, CosineIsNanoGpts) {
  const Schedule schedule{ScheduleKind::cosine, 1e-3, 1e-4, 100, 2000};
  for (std::int64_t step = 0; step <= 2100; ++step) {
    EXPECT_NEAR(schedule.at(step), nanogpt(static_cast<double>(step), 1e-3, 1e-4, 100, 2000), 1e-15) << step;
  }
}

TEST(Schedule, NeverFallsBelowTheMinimum) {
  for (const auto kind : {ScheduleKind::linear, ScheduleKind::cosine, ScheduleKind::inverse_sqrt}) {
    const Schedule schedule{kind, 1, 0.25, 2, 50};
    for (std::int64_t step = 2; step < 200; ++step) EXPECT_GE(schedule.at(step), 0.25) << name_of(kind);
    EXPECT_DOUBLE_EQ(schedule.at(150), 0.25) << name_of(kind);
  }
}

TEST(Schedule, WarmUpRisesFromTheFirstStep) {
  for (const auto kind :
       {ScheduleKind::constant, ScheduleKind::linear, ScheduleKind::cosine, ScheduleKind::inverse_sqrt}) {
    const Schedule schedule{kind, 1, 0, 4, 100};
    EXPECT_DOUBLE_EQ(schedule.at(0), 0.2);
    EXPECT_DOUBLE_EQ(schedule.at(3), 0.8);
    EXPECT_DOUBLE_EQ(schedule.at(4), 1) << name_of(kind);
  }
}

TEST(Schedule, WarmUpAsLongAsTheRun) {
  const Schedule schedule{ScheduleKind::cosine, 1, 0, 10, 10};
  EXPECT_LT(schedule.at(9), 1);
  EXPECT_TRUE(std::isfinite(schedule.at(10)));
}

TEST(Schedule, AnUnknownNameListsTheKnown) {
  EXPECT_THAT([] { parse_schedule_kind("cosin"); },
              testing::ThrowsMessage<UsageError>(
                  "--lr-scheduler-type is \"cosin\", expected constant, linear, cosine or inverse_sqrt"));
}

}  // namespace
}  // namespace attune::train
