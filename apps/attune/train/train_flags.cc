#include "apps/attune/train/train_flags.h"

#include <algorithm>
#include <filesystem>

#include "attune/io/file.h"
#include "attune/io/message.h"
#include "attune/train/best_metric.h"

namespace attune::command {
namespace {

// The last value of `flag` among the arguments; empty when it is not there.
std::string value_of(const std::string& flag, const std::vector<std::string>& arguments) {
  std::string value;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == flag && i + 1 < arguments.size()) value = arguments[i + 1];
    if (arguments[i].starts_with(flag + "=")) value = arguments[i].substr(flag.size() + 1);
  }
  return value;
}

}  // namespace

void expect_positive(const char* flag, std::int64_t value) {
  if (value < 1) fail_usage("{} is {}, expected at least 1", flag, value);
}

void RunPlace::validate() const {
  if (out.empty()) fail_usage("--out DIR is missing: where should the model go?");
  if (resume && overwrite) fail_usage("--resume and --overwrite-output-dir exclude one another");
}

train::RunMode RunPlace::mode() const {
  if (resume) return train::RunMode::resume;
  return overwrite ? train::RunMode::overwrite : train::RunMode::fresh;
}

void add_label_smoothing(CLI::App& verb, double& smoothing) {
  add_value(verb, "Run", "--label-smoothing", smoothing,
            "Share of a target's probability that is spread over all tokens");
}

void add_optimizer_flags(CLI::App& verb, train::TrainingOptions& options) {
  const auto number = [&](const char* name, auto& value, const char* help) {
    add_value(verb, "Optimizer", name, value, help);
  };
  verb.add_option_function<std::string>(
          "--optimizer",
          [&](const std::string& name) { options.optimizer = train::parse_optimizer_kind(name); },
          "adamw, adam or sgd")
      ->default_str(std::string(name_of(options.optimizer)))
      ->group("Optimizer");
  number("--learning-rate", options.learning_rate, "Highest learning rate");
  number("--min-learning-rate", options.min_learning_rate, "Learning rate at the end of the schedule");
  verb.add_option_function<std::string>(
          "--lr-scheduler-type",
          [&](const std::string& name) { options.lr_scheduler_type = train::parse_schedule_kind(name); },
          "constant, linear, cosine or inverse_sqrt")
      ->default_str(std::string(name_of(options.lr_scheduler_type)))
      ->group("Optimizer");
  number("--warmup-steps", options.warmup_steps, "Steps over which the learning rate rises");
  number("--adam-beta1", options.adam_beta1, "Decay of the mean of gradients");
  number("--adam-beta2", options.adam_beta2, "Decay of the mean of their squares");
  number("--adam-epsilon", options.adam_epsilon, "Added to the root of the latter");
  number("--momentum", options.momentum, "Momentum of sgd");
  number("--weight-decay", options.weight_decay, "Weight decay of matrices (not of biases and norms)");
  verb.add_option(
          "--freeze", options.freeze,
          "Parameters that stay as they are, by their names in the model's files; * stands for any text "
          "and [0-5] for one of these: 'bert.embeddings.*'")
      ->take_all()
      ->group("Optimizer");
  number("--layer-lr-decay", options.layer_lr_decay,
         "The learning rate of each layer is that of the layer above times this; embeddings are the lowest");
  number("--max-grad-norm", options.max_grad_norm, "Gradients are clipped to this norm; 0: not");
}

void add_run_flags(CLI::App& verb, RunPlace& place, train::TrainingOptions& options, const char* epoch) {
  const auto number = [&](const char* name, auto& value, const char* help) {
    add_value(verb, "Run", name, value, help);
  };
  verb.add_option("--out", place.out, "Directory of the run and of the model")->group("Run");
  verb.add_option("--config", "training_config.json of another run; flags given beside it win")->group("Run");
  verb.add_flag("--resume", place.resume,
                "Go on with the run in --out where it was stopped, as its configuration says")
      ->group("Run");
  verb.add_flag("--overwrite-output-dir", place.overwrite, "Start anew where another run has been")
      ->group("Run");
  number("--gradient-accumulation-steps", options.gradient_accumulation_steps, "Micro-batches of a step");
  number("--max-steps", options.max_steps, "Steps; 0: given by --num-train-epochs");
  number("--num-train-epochs", options.num_train_epochs, epoch);
  number("--eval-steps", options.eval_steps, "Evaluate every so many steps; 0: at the end");
  verb.add_option_function<std::string>(
          "--metric-for-best-model",
          [&](const std::string& name) { options.metric_for_best_model = train::metric_name(name); },
          "What says which of the evaluated models is kept as the best: loss, or another number of the "
          "evaluation, as accuracy or f1")
      ->default_str(options.metric_for_best_model)
      ->group("Run");
  number("--early-stopping-patience", options.early_stopping_patience,
         "Evaluations without improvement before stopping; 0: never");
  number("--save-steps", options.save_steps, "Save a checkpoint every so many steps; 0: at the end");
  number("--save-total-limit", options.save_total_limit, "Checkpoints kept; 0: all");
  number("--logging-steps", options.logging_steps, "Log every so many steps");
  number("--seed", options.seed, "Seed of the weights, the batches and dropout");
  verb.add_option_function<std::string>(
          "--dtype", [&](const std::string& name) { options.dtype = train::parse_training_dtype(name); },
          "float32, or bfloat16 with float32 master weights")
      ->default_str(std::string(attune::name_of(options.dtype)))
      ->group("Machine");
  add_threads(verb);
}

void drop_alternatives(bool steps, bool epochs, train::TrainingOptions& options) {
  if (epochs && !steps) options.max_steps = 0;
  if (steps && !epochs) options.num_train_epochs = 0;
}

void drop_alternatives(const CLI::App& verb, train::TrainingOptions& options) {
  drop_alternatives(verb.get_option("--max-steps")->count() > 0,
                    verb.get_option("--num-train-epochs")->count() > 0, options);
}

std::string config_path(const std::vector<std::string>& arguments) {
  std::string path = value_of("--config", arguments);
  const bool resume = std::find(arguments.begin(), arguments.end(), "--resume") != arguments.end();
  if (path.empty() && resume) {
    const auto own = std::filesystem::path(value_of("--out", arguments)) / "training_config.json";
    if (std::filesystem::exists(own)) path = own.string();
  }
  return path;
}

nlohmann::ordered_json read_config(const std::string& path) {
  auto json = nlohmann::ordered_json::parse(io::read_text(path), nullptr, /*allow_exceptions=*/false);
  check(json.is_object(), "{} is not a configuration: expected a JSON object", path);
  return json;
}

bool is_configured(const std::vector<std::string>& arguments, const char* option) {
  const std::string path = config_path(arguments);
  return !path.empty() && read_config(path).contains(option);
}

int report_run(const std::string& out, const train::TrainingResult& result, const std::string& next) {
  using End = train::TrainingResult::End;
  if (result.end == End::interrupted) {
    io::print_message(stderr,
                      "Stopped at step {} of {}; saved in {}. To go on: the same command with --resume\n",
                      result.steps_done, result.max_steps, result.checkpoint.string());
    return 128 + result.signal;
  }
  fmt::print("{} after {} steps, {:.1f} s", result.end == End::finished ? "Finished" : "Stopped early",
             result.steps_done, result.elapsed_seconds);
  if (result.best_metric)
    fmt::print("; best validation {} {:.4f} at step {}", result.metric_for_best_model, *result.best_metric,
               result.best_step);
  fmt::print("\nModel in {}. Try: {}\n", out, next);
  return 0;
}

}  // namespace attune::command
