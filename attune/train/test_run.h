// For tests: a run that is over in milliseconds, linear regression with noise on its inputs.
#pragma once

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "attune/autograd/tape.h"
#include "attune/io/file.h"
#include "attune/io/safetensors.h"
#include "attune/nn/parameters.h"
#include "attune/ops/linear/linear.h"
#include "attune/tasks/task.h"
#include "attune/train/trainer.h"

namespace attune::train {

// y = x W^T + b, D = 3 inputs, 2 outputs.
struct RegressionModel {
  explicit RegressionModel(std::uint64_t seed = 1) {
    Generator generator{seed, 0};
    parameters.initialize(generator);
  }

  std::vector<float> values() const {
    std::vector<float> all;
    for (const auto& parameter : parameters.all())
      for (const float value : parameter.tensor.to_vector<float>()) all.push_back(value);
    return all;
  }

  void save(const std::filesystem::path& directory) const {
    io::write_text_atomically(directory / "config.json", "{}");
    std::vector<io::TensorView> views;
    for (const auto& [name, tensor, initializer, trained] : parameters.all()) {
      io::TensorView view;
      view.name = name;
      view.shape.assign(tensor.shape().begin(), tensor.shape().end());
      view.bytes = {tensor.raw_data(), static_cast<std::size_t>(tensor.elements()) * sizeof(float)};
      views.push_back(view);
    }
    io::write_safetensors(directory / "model.safetensors", views);
  }

  void load(const std::filesystem::path& directory) const {
    const io::Safetensors file(directory / "model.safetensors");
    for (const auto& [name, tensor, initializer, trained] : parameters.all())
      io::read_elements<float>(*file.find(name),
                               {tensor.mutable_data<float>(), static_cast<std::size_t>(tensor.elements())});
  }

  // As if it were the second layer of a larger model.
  const models::WeightTable table{
      .prefixes = {""}, .rules = {{"weight", "layer.1.weight"}, {"bias", "layer.1.bias"}}, .ignored = {}};
  nn::Parameters parameters;
  Tensor weight = nn::Scope(parameters).parameter("weight", {2, 3}, nn::Initializer::normal(1));
  Tensor bias = nn::Scope(parameters).parameter("bias", {2}, nn::Initializer::zeros());
};

// mean((y - target)^2), of one element.
inline Tensor mean_squared_error(const Tensor& y, const Tensor& target, float gradient_factor = 1) {
  const auto count = static_cast<float>(y.elements());
  const auto a = y.to_vector<float>(), b = target.to_vector<float>();
  std::vector<float> difference(a.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference[i] = a[i] - b[i];
    sum += difference[i] * difference[i];
  }
  return record("mean_squared_error", {y}, Tensor::full({}, sum / count),
                [=, shape = y.shape()](Backward& tape) {
                  auto gradient = difference;
                  for (float& value : gradient)
                    value *= gradient_factor * 2 / count * static_cast<float>(tape.gradient().item());
                  tape.add(0, Tensor::from(gradient, shape));
                });
}

// Rows of a batch are drawn by (step, row of the whole batch): how it is divided into micro-batches makes no
// difference.
class Regression : public tasks::Task {
 public:
  explicit Regression(const RegressionModel& model) : model_(model) {}

  tasks::MicroBatchLoss loss(const tasks::MicroBatchIndex& which, const nn::Context& context) override {
    if (before_loss) before_loss(which.step);
    std::int64_t first = 0;
    for (std::int64_t i = 0; i < which.index; ++i) first += rows.at(static_cast<std::size_t>(i));
    const std::int64_t count = rows.at(static_cast<std::size_t>(which.index));
    // noise: what the random state of a run is for
    const float noise = noisy ? static_cast<float>(uniform(*context.random)) : 0;
    const float factor = which.step == spoil_gradient_at_step ? std::numeric_limits<float>::infinity() : 1;
    return {loss_of(static_cast<std::uint64_t>(which.step), first, count, noise, factor),
            static_cast<double>(count)};
  }

  std::int64_t micro_batches_per_epoch() const override { return 5; }
  bool has_validation() const override { return validates; }
  std::vector<std::string> metric_names() const override { return {"twice"}; }

  std::optional<tasks::Evaluation> evaluate(const nn::Context&,
                                            const std::function<bool()>& stopped) override {
    ++evaluations;
    if (before_evaluation) before_evaluation();
    if (stopped()) return std::nullopt;
    if (!scripted_losses.empty()) {
      const double loss = scripted_losses.front();
      scripted_losses.erase(scripted_losses.begin());
      return tasks::Evaluation{loss, {{"twice", std::isnan(twice) ? twice : 2 * loss}}};
    }
    return tasks::Evaluation{loss_of(999, 0, 64).item(), {{"twice", 2.0}}};
  }

  std::vector<std::int64_t> rows = {8};  // of each micro-batch
  bool validates = true;
  bool noisy = true;
  std::int64_t spoil_gradient_at_step = -1;
  std::vector<double> scripted_losses;
  double twice = 0;  // NaN: the scripted evaluations' metric is
  std::function<void(std::int64_t)> before_loss;
  std::function<void()> before_evaluation;
  int evaluations = 0;

 private:
  Tensor loss_of(std::uint64_t step, std::int64_t first, std::int64_t count, float noise = 0,
                 float gradient_factor = 1) const {
    std::vector<float> x, target;
    for (std::int64_t row = first; row < first + count; ++row) {
      const RandomWords words = random_words(7, step, static_cast<std::uint64_t>(row));
      float sum = 0.5f;
      for (int i = 0; i < 3; ++i) {
        x.push_back(static_cast<float>(words.word[i]) * 0x1p-31f - 1 + 0.1f * noise);
        sum += static_cast<float>(i) * x.back();
      }
      target.push_back(sum);
      target.push_back(-sum);
    }
    return mean_squared_error(ops::linear(Tensor::from(x, {count, 3}), model_.weight, model_.bias),
                              Tensor::from(target, {count, 2}), gradient_factor);
  }

  const RegressionModel& model_;
};

inline TrainingOptions test_options() {
  TrainingOptions options;
  options.learning_rate = 0.05;
  options.max_steps = 12;
  options.save_steps = 4;
  options.eval_steps = 3;
  return options;
}

// A run with a model of its own, from its first step or, with RunMode::resume, from its last checkpoint.
struct TestRun {
  TestRun(const std::filesystem::path& directory, RunMode mode, const TrainingOptions& options,
          const std::string& more = "{}")
      : directory(directory, mode, options, more), task(model) {
    if (this->directory.checkpoint()) model.load(this->directory.checkpoint()->path);
  }

  TrainingResult train(std::FILE* progress = nullptr) {
    Trainer trainer(model.parameters, model.table, task, directory, save, progress);
    return trainer.train();
  }

  RunDirectory directory;
  RegressionModel model;
  Regression task;
  SaveModel save = [this](const std::filesystem::path& path) { model.save(path); };
};

}  // namespace attune::train
