#include "attune/train/log.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "attune/base/error.h"

namespace attune::train {
namespace {

namespace fs = std::filesystem;

// As JSON has it: there is no NaN. Digits are as many as it takes to tell the number from its neighbours.
std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

bool belongs(std::string_view line, std::int64_t steps_done, std::int64_t evaluated_step) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer()) return false;
  return json["step"].get<std::int64_t>() <= (json.contains("eval_loss") ? evaluated_step : steps_done);
}

// The log's path, after what lies beyond the given steps was cut off.
fs::path prepare(const fs::path& directory, std::int64_t steps_done, std::int64_t evaluated_step) {
  const fs::path path = directory / "log.jsonl";
  if (!fs::exists(path)) return path;
  std::string kept;
  if (steps_done > 0) {
    const std::string text = io::read_text(path);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      if (end == std::string::npos) break;  // half a line: the run was killed while it wrote
      const std::string_view line(text.data() + begin, end + 1 - begin);
      if (belongs(line, steps_done, evaluated_step)) kept += line;
      begin = end + 1;
    }
  }
  io::write_text_atomically(path, kept);
  return path;
}

}  // namespace

Log::Log(const fs::path& directory, std::int64_t steps_done, std::int64_t evaluated_step)
    : file_(prepare(directory, steps_done, evaluated_step)), tensorboard_(directory, steps_done) {}

Log::~Log() {
  try {
    flush();
  } catch (const Error&) {  // another error is on its way, or nobody is left to hear of this one
  }
}

void Log::write(const StepRecord& record) {
  append(fmt::format(
      R"({{"step": {}, "loss": {}, "learning_rate": {}, "grad_norm": {}, "{}_per_second": {:.1f}, )"
      R"("step_seconds": {:.6f}, "elapsed_seconds": {:.3f}}})",
      record.step, number(record.loss), number(record.learning_rate), number(record.grad_norm), record.unit,
      record.units_per_second, record.step_seconds, record.elapsed_seconds));
  tensorboard_.scalar("train/loss", record.step, record.loss);
  tensorboard_.scalar("train/learning_rate", record.step, record.learning_rate);
  tensorboard_.scalar("train/grad_norm", record.step, record.grad_norm);
  tensorboard_.scalar(fmt::format("train/{}_per_second", record.unit), record.step, record.units_per_second);
}

void Log::write(const EvaluationRecord& record) {
  std::string line = fmt::format(R"({{"step": {})", record.step);
  for (const auto& [name, value] : record.values) {
    line += fmt::format(R"(, "{}": {})", name, number(value));
    if (name.starts_with("eval_")) tensorboard_.scalar("eval/" + name.substr(5), record.step, value);
  }
  append(line + "}");
}

void Log::append(const std::string& line) {
  pending_ += line;
  pending_ += '\n';
  if (Clock::now() - flushed_ >= std::chrono::seconds(1)) flush();
}

void Log::flush() {
  file_.write(pending_);
  pending_.clear();
  flushed_ = Clock::now();
}

}  // namespace attune::train
