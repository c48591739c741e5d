#include "attune/train/run_directory.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "attune/base/error.h"
#include "attune/io/file.h"

namespace attune::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* configuration_file = "training_config.json";

// What may differ when a run is resumed: none of it changes a step that was already done.
constexpr std::array free_to_change = {
    "max_steps",     "num_train_epochs",        "eval_steps",         "save_steps", "save_total_limit",
    "logging_steps", "early_stopping_patience", "average_checkpoints"};

std::string shown(const Json& json, const std::string& key) {
  return json.contains(key) ? json[key].dump() : "absent";
}

void expect_same_configuration(const fs::path& path, const Json& saved, const Json& wanted) {
  std::set<std::string> keys;
  for (const Json* json : {&saved, &wanted}) {
    for (const auto& [key, value] : json->items()) keys.insert(key);
  }
  for (const char* key : free_to_change) keys.erase(key);
  std::string differences;
  for (const std::string& key : keys) {
    const std::string before = shown(saved, key), now = shown(wanted, key);
    if (before != now) differences += fmt::format("\n  {}: {} there, {} now", key, before, now);
  }
  check(differences.empty(), "{} is of another configuration, so the run cannot be resumed:{}", path.native(),
        differences);
}

Json read_configuration(const fs::path& path) {
  const Json json = Json::parse(io::read_text(path, std::size_t{1} << 24), nullptr, false);
  check(json.is_object(), "{} is not a configuration: expected a JSON object", path.native());
  Json whole = TrainingOptions{};  // for options that the run's version of Attune did not have
  whole.update(json);
  return whole;
}

bool holds_results(const fs::path& directory) {
  return fs::exists(directory / "config.json") || fs::exists(directory / "model.safetensors") ||
         !list_checkpoints(directory).empty();
}

void remove_events(const fs::path& directory) {
  std::vector<fs::path> events;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename().native().starts_with("events.out.tfevents")) events.push_back(entry.path());
  }
  for (const fs::path& path : events) fs::remove(path);
}

io::DirectoryLock lock(const fs::path& directory, RunMode mode, const TrainingOptions& options) {
  const fs::path saved = directory / configuration_file;
  check(mode != RunMode::resume || fs::exists(saved), "there is no run to resume in {}: it has no {}",
        directory.native(), configuration_file);
  validate(options);
  return io::DirectoryLock(directory);
}

}  // namespace

RunDirectory::RunDirectory(fs::path path, RunMode mode, const TrainingOptions& options,
                           const std::string& more)
    : path_(std::move(path)), lock_(lock(path_, mode, options)), options_(options), mode_(mode) {
  Json configuration = options_;
  configuration.update(Json::parse(more));
  configuration_ = configuration.dump(2) + "\n";

  if (mode_ == RunMode::fresh) {
    check(!holds_results(path_),
          "{} already holds a model or a run: add --resume to continue it, --overwrite-output-dir to replace "
          "it, or "
          "choose another --out",
          path_.native());
  }
  if (mode_ == RunMode::resume) {
    const fs::path saved = path_ / configuration_file;
    expect_same_configuration(saved, read_configuration(saved), configuration);
    const auto checkpoints = list_checkpoints(path_);
    if (!checkpoints.empty()) checkpoint_ = checkpoints.back();
  }
}

void RunDirectory::begin() {
  if (mode_ == RunMode::overwrite) {
    for (const Checkpoint& checkpoint : list_checkpoints(path_)) remove_checkpoint(checkpoint);
  }
  if (!checkpoint_) remove_events(path_);
  // Last: until here a run that was to be replaced can still be resumed from what is left of it.
  io::write_text_atomically(path_ / configuration_file, configuration_);
}

}  // namespace attune::train
