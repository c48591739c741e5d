#include "attune/train/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

#include "attune/base/error.h"
#include "attune/io/directory.h"
#include "attune/io/file.h"
#include "attune/io/safetensors.h"

namespace attune::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view prefix = "checkpoint-";
constexpr const char* state_file = "trainer_state.json";
constexpr const char* optimizer_file = "optimizer.safetensors";

std::optional<std::int64_t> step_of(const std::string& name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  std::int64_t step = 0;
  const char* end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data() + prefix.size(), end, step);
  return error == std::errc() && at == end && step >= 0 ? std::optional(step) : std::nullopt;
}

// Whole ones and what is left of some that were being removed when the run was killed, oldest first.
std::vector<Checkpoint> list_directories(const fs::path& run_directory) {
  std::vector<Checkpoint> found;
  std::error_code ignored;  // no directory, no checkpoints
  for (const auto& entry : fs::directory_iterator(run_directory, ignored)) {
    if (const auto step = step_of(entry.path().filename().native())) found.push_back({entry.path(), *step});
  }
  std::sort(found.begin(), found.end(),
            [](const Checkpoint& a, const Checkpoint& b) { return a.step < b.step; });
  return found;
}

bool is_complete(const Checkpoint& checkpoint) { return fs::exists(checkpoint.path / state_file); }

Json to_json(const TrainerState& state) {
  return {{"global_step", state.global_step},
          {"elapsed_seconds", state.elapsed_seconds},
          {"random_seed", state.random.seed},
          {"random_counter", state.random.counter},
          {"evaluated_step", state.evaluated_step},
          {"best_metric", state.best_metric ? Json(*state.best_metric) : Json()},
          {"best_global_step", state.best_global_step},
          {"evaluations_without_improvement", state.evaluations_without_improvement}};
}

TrainerState parse_state(const Json& json) {
  TrainerState state;
  json.at("global_step").get_to(state.global_step);
  json.at("elapsed_seconds").get_to(state.elapsed_seconds);
  json.at("random_seed").get_to(state.random.seed);
  json.at("random_counter").get_to(state.random.counter);
  json.at("evaluated_step").get_to(state.evaluated_step);
  if (!json.at("best_metric").is_null()) state.best_metric = json.at("best_metric").get<double>();
  json.at("best_global_step").get_to(state.best_global_step);
  json.at("evaluations_without_improvement").get_to(state.evaluations_without_improvement);
  return state;
}

void save_optimizer(const fs::path& path, const Optimizer& optimizer) {
  std::vector<io::TensorView> views;
  for (const auto& [name, tensor] : optimizer.state()) {
    io::TensorView view;
    view.name = name;
    view.type = io::stored_type_of(tensor.dtype());
    view.shape.assign(tensor.shape().begin(), tensor.shape().end());
    view.bytes = {tensor.raw_data(), static_cast<std::size_t>(tensor.elements()) * size_of(tensor.dtype())};
    views.push_back(std::move(view));
  }
  io::write_safetensors(path, views);
}

}  // namespace

std::vector<Checkpoint> list_checkpoints(const fs::path& run_directory) {
  auto checkpoints = list_directories(run_directory);
  std::erase_if(checkpoints, [](const Checkpoint& checkpoint) { return !is_complete(checkpoint); });
  return checkpoints;
}

Checkpoint save_checkpoint(const fs::path& run_directory, const TrainerState& state,
                           const Optimizer& optimizer, const SaveModel& save_model) {
  const fs::path target = run_directory / (std::string(prefix) + std::to_string(state.global_step));
  io::AtomicDirectory directory(target);
  save_model(directory.path());
  save_optimizer(directory.path() / optimizer_file, optimizer);
  io::write_text_atomically(directory.path() / state_file, to_json(state).dump(2) + "\n");
  directory.commit();
  return {target, state.global_step};
}

TrainerState load_trainer_state(const Checkpoint& checkpoint) {
  const fs::path path = checkpoint.path / state_file;
  const std::string text = io::read_text(path, std::size_t{1} << 20);
  try {
    TrainerState state = parse_state(Json::parse(text));
    check(state.global_step == checkpoint.step, "global_step is {}, expected {}, as in the directory's name",
          state.global_step, checkpoint.step);
    return state;
  } catch (const std::exception& error) {
    fail("{} is not a trainer's state: {}", path.native(), error.what());
  }
}

void load_optimizer(const Checkpoint& checkpoint, Optimizer& optimizer) {
  const fs::path path = checkpoint.path / optimizer_file;
  const auto state = optimizer.state();
  if (!state.empty()) {
    const io::Safetensors file(path);
    check(file.tensors().size() == state.size(), "{} holds {} tensors, expected {}", path.native(),
          file.tensors().size(), state.size());
    for (const auto& [name, tensor] : state) {
      const io::TensorView* saved = file.find(name);
      check(saved != nullptr, "{} has no tensor {}", path.native(), name);
      check(Shape(saved->shape) == tensor.shape(), "{}: {} has shape {}, expected {}", path.native(), name,
            Shape(saved->shape), tensor.shape());
      io::read_elements<float>(*saved,
                               {tensor.mutable_data<float>(), static_cast<std::size_t>(tensor.elements())});
    }
  }
  optimizer.set_steps_done(checkpoint.step);
}

void remove_checkpoint(const Checkpoint& checkpoint) {
  std::error_code error;
  fs::remove(checkpoint.path / state_file, error);  // first: what is left is no checkpoint any more
  if (!error) fs::remove_all(checkpoint.path, error);
  check(!error, "cannot remove the old checkpoint {}: {}", checkpoint.path.native(), error.message());
}

void remove_old_checkpoints(const fs::path& run_directory, std::int64_t limit) {
  if (limit <= 0) return;
  auto directories = list_directories(run_directory);
  std::int64_t kept = 0;
  for (auto at = directories.rbegin(); at != directories.rend(); ++at) {
    if (!is_complete(*at) || ++kept > limit) remove_checkpoint(*at);
  }
}

}  // namespace attune::train
