#include "attune/train/options.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "attune/base/error.h"
#include "attune/io/json_value.h"
#include "attune/train/best_metric.h"

namespace attune::train {
namespace {

// Calls visit(name, field) for every option that is a number.
template <typename Options, typename Visit>
void for_each_number(Options& options, Visit visit) {
  visit("learning_rate", options.learning_rate);
  visit("min_learning_rate", options.min_learning_rate);
  visit("warmup_steps", options.warmup_steps);
  visit("adam_beta1", options.adam_beta1);
  visit("adam_beta2", options.adam_beta2);
  visit("adam_epsilon", options.adam_epsilon);
  visit("momentum", options.momentum);
  visit("weight_decay", options.weight_decay);
  visit("layer_lr_decay", options.layer_lr_decay);
  visit("max_grad_norm", options.max_grad_norm);
  visit("gradient_accumulation_steps", options.gradient_accumulation_steps);
  visit("max_steps", options.max_steps);
  visit("num_train_epochs", options.num_train_epochs);
  visit("eval_steps", options.eval_steps);
  visit("save_steps", options.save_steps);
  visit("save_total_limit", options.save_total_limit);
  visit("logging_steps", options.logging_steps);
  visit("early_stopping_patience", options.early_stopping_patience);
  visit("seed", options.seed);
}

std::string flag_of(std::string_view field) {
  std::string flag = fmt::format("--{}", field);
  for (char& c : flag) c = c == '_' ? '-' : c;
  return flag;
}

template <typename Number>
void expect(bool holds, std::string_view field, Number value, std::string_view expected) {
  if (!holds) fail_usage("{} is {}, expected {}", flag_of(field), value, expected);
}

template <typename Value>
void read_number(const nlohmann::ordered_json& json, const char* name, Value& value) {
  const auto found = json.find(name);
  if (found == json.end()) return;
  if constexpr (std::is_floating_point_v<Value>) {
    check(found->is_number(), "{} is {}, expected a number", name, found->dump());
  } else if constexpr (std::is_signed_v<Value>) {
    check(found->is_number_integer(), "{} is {}, expected a whole number", name, found->dump());
  } else {
    check(found->is_number_unsigned(), "{} is {}, expected a whole number, not negative", name,
          found->dump());
  }
  value = found->get<Value>();
}

std::string read_name(const nlohmann::ordered_json& json, const char* name, std::string_view otherwise) {
  const auto found = json.find(name);
  if (found == json.end()) return std::string(otherwise);
  check(found->is_string(), "{} is {}, expected a string", name, found->dump());
  return found->get<std::string>();
}

}  // namespace

DType parse_training_dtype(std::string_view name) {
  for (const DType dtype : {DType::float32, DType::bfloat16}) {
    if (name == attune::name_of(dtype)) return dtype;
  }
  fail_usage("--dtype is \"{}\", expected float32 or bfloat16", name);
}

void validate(const TrainingOptions& options) {
  for_each_number(options, [](const char* name, auto value) {
    expect(std::isfinite(static_cast<double>(value)) && value >= 0, name, value,
           "a number that is not negative");
  });
  const auto positive = [](const char* name, auto value) { expect(value > 0, name, value, "more than 0"); };
  const auto fraction = [](const char* name, double value) { expect(value < 1, name, value, "less than 1"); };
  positive("learning_rate", options.learning_rate);
  positive("adam_epsilon", options.adam_epsilon);
  positive("gradient_accumulation_steps", options.gradient_accumulation_steps);
  expect(options.gradient_accumulation_steps <= 1'000'000, "gradient_accumulation_steps",
         options.gradient_accumulation_steps, "at most 1000000");
  positive("layer_lr_decay", options.layer_lr_decay);
  expect(options.layer_lr_decay <= 1, "layer_lr_decay", options.layer_lr_decay, "at most 1");
  positive("logging_steps", options.logging_steps);
  fraction("adam_beta1", options.adam_beta1);
  fraction("adam_beta2", options.adam_beta2);
  fraction("momentum", options.momentum);
  expect(options.min_learning_rate <= options.learning_rate, "min_learning_rate", options.min_learning_rate,
         fmt::format("at most --learning-rate, {}", options.learning_rate));
  if (options.max_steps == 0 && options.num_train_epochs == 0)
    fail_usage("give --max-steps or --num-train-epochs: how long to train");
  if (options.max_steps > 0 && options.num_train_epochs > 0)
    fail_usage("--max-steps and --num-train-epochs both say how long to train: give one of them");
}

void to_json(nlohmann::ordered_json& json, const TrainingOptions& options) {
  json["optimizer"] = name_of(options.optimizer);
  json["lr_scheduler_type"] = name_of(options.lr_scheduler_type);
  json["dtype"] = attune::name_of(options.dtype);
  json["freeze"] = options.freeze;
  json["metric_for_best_model"] = options.metric_for_best_model;
  for_each_number(options, [&](const char* name, auto value) { json[name] = value; });
}

void from_json(const nlohmann::ordered_json& json, TrainingOptions& options) {
  options.optimizer = parse_optimizer_kind(read_name(json, "optimizer", name_of(options.optimizer)));
  options.lr_scheduler_type =
      parse_schedule_kind(read_name(json, "lr_scheduler_type", name_of(options.lr_scheduler_type)));
  options.dtype = parse_training_dtype(read_name(json, "dtype", attune::name_of(options.dtype)));
  options.metric_for_best_model =
      metric_name(read_name(json, "metric_for_best_model", options.metric_for_best_model));
  if (const auto found = json.find("freeze"); found != json.end()) {
    check(io::read_json_value(*found, options.freeze), "freeze is {}, expected a list of patterns",
          found->dump());
  }
  for_each_number(options, [&](const char* name, auto& value) { read_number(json, name, value); });
}

}  // namespace attune::train
