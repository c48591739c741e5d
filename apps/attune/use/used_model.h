// A text model as the verbs have it that use one and do not train it.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <filesystem>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <string>

#include "apps/attune/use/model_options.h"
#include "attune/base/error.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/packing.h"
#include "attune/tasks/text_inputs.h"

namespace attune::command {

// In which type products run on weights that --dtype names.
inline nn::Context context_of(const std::string& dtype) {
  return {.compute = loaded_type(dtype) == models::LoadedType::bfloat16 ? DType::bfloat16 : DType::float32};
}

// Throws Error when a score is no number, before an answer is made of it.
void check_scores(const std::ranges::range auto& scores, const std::filesystem::path& directory) {
  check(std::ranges::all_of(scores, [](auto score) { return std::isfinite(score); }),
        "{} gives scores that are no numbers: its weights hold some that are none", directory.string());
}

// The model and how it is run: products in the type of its weights, which are packed once enough is read.
template <typename Model>
class UsedModel {
 public:
  UsedModel(std::unique_ptr<Model> model, const std::string& dtype)
      : model_(std::move(model)), how_(context_of(dtype)) {}

  const Model& operator*() const { return *model_; }
  const Model* operator->() const { return model_.get(); }
  const nn::Context& how() const { return how_; }

  // To be called before they are read.
  void expect(std::span<const tasks::TextInput> inputs) {
    const auto lengths = tasks::lengths_of(inputs);
    expect(std::reduce(lengths.begin(), lengths.end(), std::int64_t{0}));
  }
  void expect(std::int64_t tokens) { packing_.expect(*model_, tokens); }

 private:
  std::unique_ptr<Model> model_;
  nn::Context how_;
  tasks::Packing packing_;
};

// Reads the encoder of a directory with the head that Model names, its weights in the type that `dtype` does.
template <typename Model>
UsedModel<Model> load_for_use(const std::filesystem::path& directory, const std::string& dtype) {
  const models::LoadOptions options{.type = loaded_type(dtype)};
  if constexpr (std::same_as<Model, models::SequenceClassifier>) {
    return {models::load_sequence_classifier(directory, options), dtype};
  } else {
    return {models::load_text_model<Model>(directory, options), dtype};
  }
}

}  // namespace attune::command
