// What a run is told: named as the flags, which are named as Hugging Face's Trainer names them.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "attune/tensor/dtype.h"
#include "attune/train/optimizer.h"
#include "attune/train/schedule.h"

namespace attune::train {

struct TrainingOptions {
  OptimizerKind optimizer = OptimizerKind::adamw;
  double learning_rate = 1e-3;
  double min_learning_rate = 0;
  ScheduleKind lr_scheduler_type = ScheduleKind::cosine;
  std::int64_t warmup_steps = 0;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  double adam_epsilon = 1e-8;
  double momentum = 0;              // sgd
  double weight_decay = 0;          // of weight matrices, not of biases and norms
  std::vector<std::string> freeze;  // parameters not to be trained; see train/parameter_choice.h
  double layer_lr_decay = 1;        // from layer to layer, downwards; see train/parameter_choice.h
  double max_grad_norm = 1;         // 0: gradients are not clipped
  std::int64_t gradient_accumulation_steps = 1;
  std::int64_t max_steps = 0;         // 0: given by num_train_epochs
  double num_train_epochs = 0;        // 0: given by max_steps
  std::int64_t eval_steps = 0;        // 0: evaluate at the end only
  std::int64_t save_steps = 500;      // 0: save at the end only
  std::int64_t save_total_limit = 2;  // checkpoints kept; 0: all
  std::int64_t logging_steps = 1;
  std::string metric_for_best_model = "loss";  // or a metric of the task; see train/best_metric.h
  std::int64_t early_stopping_patience = 0;    // evaluations without a better one; 0: never stop early
  std::uint64_t seed = 42;
  DType dtype = DType::float32;  // of products; bfloat16 keeps float32 master weights
};

// float32 or bfloat16. Throws UsageError that lists them.
DType parse_training_dtype(std::string_view name);

// Throws UsageError that names the flag, what was got and what was expected.
void validate(const TrainingOptions& options);

// Field by field, under the names above. from_json leaves a field that is absent as it is and throws Error
// for a value of the wrong type; keys that are not options are ignored.
void to_json(nlohmann::ordered_json& json, const TrainingOptions& options);
void from_json(const nlohmann::ordered_json& json, TrainingOptions& options);

}  // namespace attune::train
