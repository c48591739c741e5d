// Which number of an evaluation says which model is the best: metric_for_best_model of Hugging Face's
// Trainer.
#pragma once

#include <string>
#include <string_view>

#include "attune/tasks/task.h"

namespace attune::train {

// The name of a metric without the "eval_" that logs have before it.
std::string metric_name(std::string_view name);

class BestMetric {
 public:
  // `name` is "loss" or a metric of the task. Throws UsageError that lists these for another name, and for
  // any but the loss when there is nothing to evaluate on.
  BestMetric(std::string_view name, const tasks::Task& task);

  const std::string& name() const { return name_; }
  double of(const tasks::Evaluation& evaluation) const;
  // Less is better of losses, perplexities and bits per byte, more of everything else.
  bool is_better(double value, double than) const { return greater_is_better_ ? value > than : value < than; }

 private:
  std::string name_;
  bool greater_is_better_;
};

}  // namespace attune::train
