#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/attune/inspect/eval.h"

namespace attune::command {

void print_evaluation(const tasks::Evaluation& evaluation, const char* unit, std::int64_t count, bool json) {
  if (json) {
    nlohmann::ordered_json line = {{"loss", evaluation.loss}};
    for (const auto& [name, value] : evaluation.metrics) line[name] = value;
    line[unit] = count;
    fmt::print("{}\n", line.dump());
    return;
  }
  std::size_t width = 13;
  for (const auto& [name, value] : evaluation.metrics) width = std::max(width, name.size());
  const auto print = [width](std::string name, const std::string& value) {
    std::ranges::replace(name, '_', ' ');
    fmt::print("{:<{}}  {}\n", name, width, value);
  };
  print("loss", fmt::format("{:.4f}", evaluation.loss));
  for (const auto& [name, value] : evaluation.metrics) print(name, fmt::format("{:.4f}", value));
  print(unit, fmt::format("{}", count));
}

}  // namespace attune::command
