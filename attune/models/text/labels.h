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

  bool operator==(const TextLabels&) const = default;
};

// Reads "id2label", or LABEL_0 … for "num_labels" without names, as Hugging Face calls them, two of them
// where there is neither; and "problem_type". Throws Error, naming the file and the field, for ids that are
// not 0 to L - 1 and for names that are not unique strings.
TextLabels read_text_labels(const std::filesystem::path& directory);
// Sets "id2label", "label2id" and "problem_type"; removes those that Hugging Face takes by default.
void set_text_labels(const TextLabels& labels, nlohmann::ordered_json& config);

}  // namespace attune::models
