// The flags and the configuration file that every `attune train` task has.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "apps/attune/command.h"
#include "apps/attune/train/new_model.h"
#include "attune/base/error.h"
#include "attune/io/json_value.h"
#include "attune/train/options.h"
#include "attune/train/run_directory.h"
#include "attune/train/trainer.h"

namespace attune::command {

// Where a run goes, and what to do when one has been there.
struct RunPlace {
  std::string out;
  bool resume = false, overwrite = false;

  // Throws UsageError when they make no sense.
  void validate() const;
  train::RunMode mode() const;
};

// --model, a directory or one of `families` to start anew, and the sizes of a new model, which
// expect_new_model() refuses beside a directory; `layers` says of what.
template <typename Run>
void add_model_flags(CLI::App& verb, Run& run, const char* layers, const Families& families = {}) {
  verb.add_option("--model", run.model,
                  families.empty() ? "Model directory to continue from, instead of a new model"
                                   : fmt::format("Model directory to continue from, or a new model: {}",
                                                 fmt::join(families, ", ")))
      ->group("Model");
  const auto size = [&](const char* name, auto& value, const char* help) {
    add_value(verb, "Model", name, value, help);
  };
  size("--layers", run.layers, layers);
  size("--heads", run.heads, "Attention heads of a layer");
  size("--width", run.width, "Width of the residual stream");
  size("--feed-forward", run.feed_forward, "Width of the feed-forward network; 0: four times the width");
  size("--dropout", run.dropout, "Dropout of a new model");
}

// Throws UsageError naming the flag.
void expect_positive(const char* flag, std::int64_t value);
// The sizes of a new model: throws UsageError naming the flag.
template <typename Run>
void validate_sizes(const Run& run) {
  expect_positive("--layers", run.layers);
  expect_positive("--heads", run.heads);
  expect_positive("--width", run.width);
  if (run.feed_forward < 0)
    fail_usage("--feed-forward is {}, expected 0 (four times the width) or more", run.feed_forward);
  if (run.width % run.heads != 0)
    fail_usage("--width is {}, which {} heads do not divide", run.width, run.heads);
  if (!(run.dropout >= 0 && run.dropout < 1))
    fail_usage("--dropout is {}, expected 0 <= dropout < 1", run.dropout);
}

void add_label_smoothing(CLI::App& verb, double& smoothing);
void add_optimizer_flags(CLI::App& verb, train::TrainingOptions& options);
// `epoch` says what an epoch goes through: "Times through the text".
void add_run_flags(CLI::App& verb, RunPlace& place, train::TrainingOptions& options, const char* epoch);

// Where only one is given of two ways of saying the same, steps and epochs, it wins over the default of the
// other; a flag also over what a configuration chose.
void drop_alternatives(bool steps, bool epochs, train::TrainingOptions& options);
void drop_alternatives(const CLI::App& verb, train::TrainingOptions& options);

// The configuration that --config gives, or the run's own when it is resumed, which then needs no other flag;
// or nothing. It is read before the flags, so that these win whatever their order.
std::string config_path(const std::vector<std::string>& arguments);
// Throws Error when it is no JSON object.
nlohmann::ordered_json read_config(const std::string& path);
// Whether the configuration, if there is one, says what `option` is.
bool is_configured(const std::vector<std::string>& arguments, const char* option);

// The options of a run beside those of training, for training_config.json. A run says what it has by
// Run::for_each_field(run, visit), which calls visit(name, field) for each, under the name of its flag.
template <typename Run>
nlohmann::ordered_json configuration_of(const Run& run) {
  nlohmann::ordered_json json;
  Run::for_each_field(run, [&](const char* name, const auto& field) { json[name] = field; });
  return json;
}

// Reads them with those of training. Throws UsageError for a key that is not an option, naming it.
template <typename Run>
void read_configuration(const nlohmann::ordered_json& json, Run& run) {
  nlohmann::ordered_json known = run.training;
  train::from_json(json, run.training);
  drop_alternatives(json.contains("max_steps"), json.contains("num_train_epochs"), run.training);
  Run::for_each_field(run, [&](const char* name, auto& field) {
    known[name] = nullptr;
    if (!json.contains(name)) return;
    if (!io::read_json_value(json[name], field))
      fail_usage("\"{}\" is {}, which has the wrong type", name, json[name].dump());
  });
  for (const auto& [key, value] : json.items()) {
    if (!known.contains(key)) fail_usage("\"{}\" is not an option of this run", key);
  }
}

// The run as its configuration says it; errors name the file.
template <typename Run>
void apply_config(const std::vector<std::string>& arguments, Run& run) {
  const std::string path = config_path(arguments);
  if (path.empty()) return;
  const nlohmann::ordered_json json = read_config(path);
  try {
    read_configuration(json, run);
  } catch (const Error& error) {
    throw UsageError(fmt::format("{}: {}", path, error.what()));
  }
}

// The directory that the run goes to, locked.
template <typename Run>
train::RunDirectory open_directory(const Run& run, const train::TrainingOptions& training) {
  return {run.place.out, run.place.mode(), training, configuration_of(run).dump()};
}
template <typename Run>
train::RunDirectory open_directory(const Run& run) {
  return open_directory(run, run.training);
}

// How a run ended, for the user; `next` is the command to try. The exit code.
int report_run(const std::string& out, const train::TrainingResult& result, const std::string& next);

}  // namespace attune::command
