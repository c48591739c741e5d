#include "attune/models/text/head_kind.h"

#include <string>
#include <utility>
#include <vector>

#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

// How names of classes end; a longer ending stands before one that it ends with itself.
constexpr std::pair<const char*, HeadKind> endings[] = {
    {"ForMaskedLM", HeadKind::masked_language_model},
    {"ForPreTraining", HeadKind::pretraining},
    {"ForSequenceClassification", HeadKind::sequence_classifier},
    {"ForTokenClassification", HeadKind::token_classifier},
    {"ForQuestionAnswering", HeadKind::question_answerer},
    {"ForMultipleChoice", HeadKind::multiple_choice},
    {"DoubleHeadsModel", HeadKind::multiple_choice},
    {"LMHeadModel", HeadKind::language_model},
    {"Model", HeadKind::none}};

HeadKind head_of(const std::string& name, const std::string& file) {
  for (const auto& [ending, kind] : endings) {
    if (name.ends_with(ending)) return kind;
  }
  fail("{}: \"architectures\" is [\"{}\"], a head that Attune does not have", file, name);
}

}  // namespace

HeadKind read_head_kind(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path.string(), "model");
  std::vector<std::string> names;
  std::string family;
  fields.read("architectures", names);
  fields.read("model_type", family);
  const HeadKind kind = names.empty() ? HeadKind::none : head_of(names.front(), path.string());
  const bool predicts_next = family == "gpt2" || family == "openai-gpt" || family.empty();
  return kind == HeadKind::none && predicts_next ? HeadKind::language_model : kind;
}

}  // namespace attune::models
