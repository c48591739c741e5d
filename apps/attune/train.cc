// attune train TASK: trains a model on the user's data.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/language_model_run.h"
#include "attune/base/error.h"
#include "attune/io/file.h"

namespace attune::command {
namespace {

using Run = LanguageModelRun;

void add_data_flags(CLI::App& verb, Run& run) {
  verb.add_option("--train", run.train, "Text files to learn from")->take_all()->group("Data");
  verb.add_option("--valid", run.valid, "Text files to evaluate on")->take_all()->group("Data");
  verb.add_option("--valid-fraction", run.valid_fraction,
                  "Last part of the training text to evaluate on instead")
      ->capture_default_str()
      ->group("Data");
  verb.add_option("--separator", run.separator,
                  "Line that stands between the documents of a file (default: a file is a document)")
      ->group("Data");
  verb.add_option("--tokenizer", run.tokenizer,
                  "char, bpe:SIZE (learned from the text), or a directory that has one")
      ->capture_default_str()
      ->group("Data");
  verb.add_option("--cache-dir", run.cache, "Where the tokenised text is kept (default: OUT/cache)")
      ->group("Data");
}

void add_model_flags(CLI::App& verb, Run& run) {
  auto* model =
      verb.add_option("--model", run.model, "Model directory to continue from, instead of a new model")
          ->group("Model")
          ->excludes(verb.get_option("--tokenizer"));  // the model has its own
  const auto size = [&](const char* name, std::int64_t& value, const char* help) {
    return verb.add_option(name, value, help)->capture_default_str()->group("Model");
  };
  size("--layers", run.layers, "Layers")->excludes(model);
  size("--heads", run.heads, "Attention heads of a layer")->excludes(model);
  size("--width", run.width, "Width of the residual stream")->excludes(model);
  size("--feed-forward", run.feed_forward, "Width of the feed-forward network; 0: four times the width")
      ->excludes(model);
  verb.add_option("--dropout", run.dropout, "Dropout of a new model")
      ->capture_default_str()
      ->excludes(model)
      ->group("Model");
  size("--context", run.context, "Tokens the model sees at once, and of a training window");
}

void add_optimizer_flags(CLI::App& verb, train::TrainingOptions& options) {
  const auto number = [&](const char* name, auto& value, const char* help) {
    verb.add_option(name, value, help)->capture_default_str()->group("Optimizer");
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
  number("--max-grad-norm", options.max_grad_norm, "Gradients are clipped to this norm; 0: not");
}

void add_run_flags(CLI::App& verb, Run& run) {
  train::TrainingOptions& options = run.training;
  const auto number = [&](const char* name, auto& value, const char* help) {
    verb.add_option(name, value, help)->capture_default_str()->group("Run");
  };
  verb.add_option("--out", run.out, "Directory of the run and of the model")->group("Run");
  verb.add_option("--config", "training_config.json of another run; flags given beside it win")->group("Run");
  verb.add_flag("--resume", run.resume,
                "Go on with the run in --out where it was stopped, as its configuration says")
      ->group("Run");
  verb.add_flag("--overwrite-output-dir", run.overwrite, "Start anew where another run has been")
      ->group("Run");
  number("--batch-size", run.batch_size, "Windows of a micro-batch");
  number("--gradient-accumulation-steps", options.gradient_accumulation_steps, "Micro-batches of a step");
  number("--max-steps", options.max_steps, "Steps; 0: given by --num-train-epochs");
  number("--num-train-epochs", options.num_train_epochs, "Times through the text; 0: given by --max-steps");
  number("--eval-steps", options.eval_steps, "Evaluate every so many steps; 0: at the end");
  number("--eval-stride", run.eval_stride,
         "By how many tokens an evaluation window moves on; 0: the context");
  number("--early-stopping-patience", options.early_stopping_patience,
         "Evaluations without improvement before stopping; 0: never");
  number("--save-steps", options.save_steps, "Save a checkpoint every so many steps; 0: at the end");
  number("--save-total-limit", options.save_total_limit, "Checkpoints kept; 0: all");
  number("--logging-steps", options.logging_steps, "Log every so many steps");
  number("--seed", options.seed, "Seed of the weights, the batches and dropout");
  verb.add_option_function<std::string>(
          "--dtype",
          [&](const std::string& name) {
            if (name != "float32" && name != "bfloat16")
              fail_usage("--dtype is '{}', expected float32 or bfloat16", name);
            options.dtype = name == "float32" ? DType::float32 : DType::bfloat16;
          },
          "float32, or bfloat16 with float32 master weights")
      ->default_str("float32")
      ->group("Machine");
  add_threads(verb);
}

void read_config(const std::string& path, Run& run) {
  const auto json = nlohmann::ordered_json::parse(io::read_text(path), nullptr, /*allow_exceptions=*/false);
  check(json.is_object(), "{} is not a configuration: expected a JSON object", path);
  try {
    from_json(json, run);
  } catch (const Error& error) {
    throw UsageError(fmt::format("{}: {}", path, error.what()));
  }
}

// The last value of `flag` among the arguments; empty when it is not there.
std::string value_of(const std::string& flag, const std::vector<std::string>& arguments) {
  std::string value;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == flag && i + 1 < arguments.size()) value = arguments[i + 1];
    if (arguments[i].starts_with(flag + "=")) value = arguments[i].substr(flag.size() + 1);
  }
  return value;
}

// Configurations are read before the flags, so that these win whatever their order: the one of --config, or
// the run's own when it is resumed, which then needs no other flag.
void read_configs(const std::vector<std::string>& arguments, Run& run) {
  if (std::find(arguments.begin(), arguments.end(), "lm") == arguments.end()) return;
  std::string path = value_of("--config", arguments);
  const bool resume = std::find(arguments.begin(), arguments.end(), "--resume") != arguments.end();
  if (path.empty() && resume) {
    const auto own = std::filesystem::path(value_of("--out", arguments)) / "training_config.json";
    if (std::filesystem::exists(own)) path = own.string();
  }
  if (!path.empty()) read_config(path, run);
}

// A flag also wins over the other way of saying the same that a configuration chose.
void drop_alternatives(const CLI::App& verb, Run& run) {
  const auto given = [&](const char* flag) { return verb.get_option(flag)->count() > 0; };
  if (given("--num-train-epochs") && !given("--max-steps")) run.training.max_steps = 0;
  if (given("--max-steps") && !given("--num-train-epochs")) run.training.num_train_epochs = 0;
  if (given("--valid") && !given("--valid-fraction")) run.valid_fraction = 0;
  if (given("--valid-fraction") && !given("--valid")) run.valid.clear();
  if (given("--tokenizer")) run.model.clear();
  run.context_given = given("--context");
}

int report(const Run& run, const train::TrainingResult& result) {
  using End = train::TrainingResult::End;
  if (result.end == End::interrupted) {
    fmt::print(stderr, "Stopped at step {} of {}; saved in {}. To go on: the same command with --resume\n",
               result.steps_done, result.max_steps, result.checkpoint.string());
    return 128 + result.signal;
  }
  fmt::print("{} after {} steps, {:.1f} s", result.end == End::finished ? "Finished" : "Stopped early",
             result.steps_done, result.elapsed_seconds);
  if (result.best_eval_loss)
    fmt::print("; best validation loss {:.4f} at step {}", *result.best_eval_loss, result.best_step);
  fmt::print("\nModel in {0}. Try: attune generate {0} --prompt \"...\"\n", run.out);
  return 0;
}

}  // namespace

void add_train(Program& program) {
  CLI::App& train = *program.app.add_subcommand("train", "Train a model");
  train.require_subcommand(0, 1);
  train.callback([&train] {
    if (train.get_subcommands().empty()) throw CLI::RequiredError("train what? lm");
  });
  CLI::App& verb = *train.add_subcommand("lm", "Train a GPT-2 to predict the next token of a text");
  auto run = std::make_shared<Run>();
  read_configs(program.arguments, *run);
  add_data_flags(verb, *run);
  add_model_flags(verb, *run);
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, *run);
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, *run);
    program.exit_code = report(*run, train_language_model(*run, stderr));
  });
}

}  // namespace attune::command
