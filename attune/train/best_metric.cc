#include "attune/train/best_metric.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "attune/base/error.h"

namespace attune::train {

std::string metric_name(std::string_view name) {
  constexpr std::string_view prefix = "eval_";
  return std::string(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
}

BestMetric::BestMetric(std::string_view name, const tasks::Task& task)
    : name_(metric_name(name)),
      greater_is_better_(!name_.ends_with("loss") && !name_.ends_with("perplexity") &&
                         name_ != "bits_per_byte") {
  if (name_ == "loss") return;
  if (!task.has_validation())
    fail_usage("--metric-for-best-model is {}, but there is nothing to evaluate on: give --valid", name_);
  const std::vector<std::string> names = task.metric_names();
  if (std::ranges::find(names, name_) == names.end())
    fail_usage("--metric-for-best-model is \"{}\", expected what an evaluation of this task gives: loss{}{}",
               name_, names.empty() ? "" : ", ", fmt::join(names, ", "));
}

double BestMetric::of(const tasks::Evaluation& evaluation) const {
  if (name_ == "loss") return evaluation.loss;
  const auto found = std::ranges::find(evaluation.metrics, name_, &std::pair<std::string, double>::first);
  check(found != evaluation.metrics.end(), "the evaluation did not give {}", name_);
  return found->second;
}

}  // namespace attune::train
