// What the outputs of a classification head are called, as Hugging Face's config.json says it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::models {

enum class ProblemType { single_label_classification, multi_label_classification, regression };

std::string_view name_of(ProblemType type);

struct TextLabels {
  std::vector<std::string> names = {"LABEL_0", "LABEL_1"};  // by id ("id2label")
  std::optional<ProblemType> stated_type = {};              // "problem_type"

  std::int64_t count() const { return static_cast<std::int64_t>(names.size()); }
  // As stated, or as Hugging Face guesses it: one output is a regression.
  ProblemType problem_type() const;
  // Throws Error that lists the names.
  std::int64_t id_of(std::string_view name) const;

  bool operator==(const TextLabels&) const = default;
};

// Reads "id2label", "num_labels" and "problem_type". Errors name the file and the field.
TextLabels read_text_labels(const std::filesystem::path& directory);
// Sets "id2label", "label2id" and "problem_type"; removes those that Hugging Face takes by default.
void set_text_labels(const TextLabels& labels, nlohmann::ordered_json& config);

}  // namespace attune::models
