// The progress line of a run.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "attune/train/log.h"

namespace attune::train {

// "step 120/2000  loss 2.3456  lr 9.9e-04  181,204 tokens/s  ETA 0:42". On a terminal it is rewritten in
// place, about ten times a second; anywhere else a line comes now and then.
class Progress {
 public:
  // `out` may be null: nothing is shown. The run has done `steps_done` of `max_steps`.
  Progress(std::FILE* out, std::int64_t steps_done, std::int64_t max_steps);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const StepRecord& step);
  // A line of its own that stays.
  void say(std::string_view line);

 private:
  using Clock = std::chrono::steady_clock;

  std::string describe(const StepRecord& step, Clock::time_point now) const;
  void end_line();

  std::FILE* out_;
  bool terminal_;
  std::int64_t first_step_, max_steps_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_{};
  std::size_t width_ = 0;  // of the line under the cursor, to be rewritten or ended
};

// 65 s as "1:05", 3665 s as "1:01:05".
std::string format_duration(double seconds);
// 1234567 as "1,234,567".
std::string format_thousands(double number);

}  // namespace attune::train
