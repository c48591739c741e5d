#include "attune/train/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "attune/io/message.h"

namespace attune::train {

Progress::Progress(std::FILE* out, std::int64_t steps_done, std::int64_t max_steps)
    : out_(out),
      terminal_(out != nullptr && ::isatty(::fileno(out)) == 1),
      first_step_(steps_done),
      max_steps_(max_steps) {}

Progress::~Progress() { end_line(); }

void Progress::show(const StepRecord& step) {
  if (out_ == nullptr) return;
  const auto now = Clock::now();
  const auto interval = terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  const bool last = step.step == max_steps_;
  if (shown_ != Clock::time_point{} && now - shown_ < interval && !last) return;
  shown_ = now;

  const std::string line = describe(step, now);
  if (terminal_) {
    io::print_message(out_, "\r{:<{}}", line, width_);
    width_ = line.size();
  } else {
    io::print_message(out_, "{}\n", line);
  }
  std::fflush(out_);
}

void Progress::say(std::string_view line) {
  if (out_ == nullptr) return;
  end_line();
  io::print_message(out_, "{}\n", line);
  std::fflush(out_);
}

void Progress::end_line() {
  if (width_ == 0) return;
  std::fputc('\n', out_);
  width_ = 0;
}

std::string Progress::describe(const StepRecord& step, Clock::time_point now) const {
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double per_step = elapsed / static_cast<double>(step.step - first_step_);
  return fmt::format("step {}/{}  loss {:.4f}  lr {:.1e}  {} {}/s  ETA {}", step.step, max_steps_, step.loss,
                     step.learning_rate, format_thousands(step.units_per_second), step.unit,
                     format_duration(per_step * static_cast<double>(max_steps_ - step.step)));
}

std::string format_duration(double seconds) {
  const auto total = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  const std::int64_t hours = total / 3600, minutes = total / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60)
                   : fmt::format("{}:{:02}", minutes, total % 60);
}

std::string format_thousands(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

}  // namespace attune::train
