#include "attune/models/text/labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

constexpr ProblemType problem_types[] = {ProblemType::single_label_classification,
                                         ProblemType::multi_label_classification, ProblemType::regression};

constexpr std::int64_t most_labels = 1'000'000;

std::vector<std::string> numbered(std::int64_t count) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(fmt::format("LABEL_{}", i));
  return names;
}

// {"0": "negative", "1": "positive"}
std::vector<std::string> names_by_id(const std::map<std::string, std::string>& id2label,
                                     const std::string& path) {
  std::vector<std::string> names;
  for (std::size_t id = 0; id < id2label.size(); ++id) {
    const auto found = id2label.find(std::to_string(id));
    check(found != id2label.end(), "{}: \"id2label\" has {} entries but none for {}, expected 0 to {}", path,
          id2label.size(), id, id2label.size() - 1);
    names.push_back(found->second);
  }
  check(!names.empty(), "{}: \"id2label\" is empty, expected at least one label", path);
  return names;
}

std::optional<ProblemType> read_problem_type(const ConfigFields& fields) {
  std::string name;
  fields.read("problem_type", name);
  if (name.empty()) return {};
  for (const ProblemType type : problem_types) {
    if (name == name_of(type)) return type;
  }
  fail(
      "{}: \"problem_type\" is \"{}\", expected one of single_label_classification, "
      "multi_label_classification, regression",
      fields.path(), name);
}

}  // namespace

std::string_view name_of(ProblemType type) {
  switch (type) {
    case ProblemType::single_label_classification:
      return "single_label_classification";
    case ProblemType::multi_label_classification:
      return "multi_label_classification";
    case ProblemType::regression:
      return "regression";
  }
  return "unknown";
}

ProblemType TextLabels::problem_type() const {
  if (stated_type) return *stated_type;
  return names.size() == 1 ? ProblemType::regression : ProblemType::single_label_classification;
}

std::int64_t TextLabels::id_of(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return found - names.begin();
  fail("the label \"{}\" is unknown, expected one of {}", name, fmt::join(names, ", "));
}

TextLabels read_text_labels(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "text encoder");
  TextLabels labels;
  labels.stated_type = read_problem_type(fields);
  std::map<std::string, std::string> id2label;
  fields.read("id2label", id2label);
  if (fields.has("id2label") && !object.at("id2label").is_null()) {
    labels.names = names_by_id(id2label, path.string());
    return labels;
  }
  std::int64_t count = 2;
  fields.read("num_labels", count);
  check(count >= 1 && count <= most_labels, "{}: \"num_labels\" is {}, expected 1 to {}", path.string(),
        count, most_labels);
  labels.names = numbered(count);
  return labels;
}

void set_text_labels(const TextLabels& labels, nlohmann::ordered_json& config) {
  for (const char* name : {"id2label", "label2id", "num_labels", "problem_type"}) config.erase(name);
  if (labels.stated_type) config["problem_type"] = name_of(*labels.stated_type);
  if (labels.names == TextLabels{}.names) return;
  for (std::size_t id = 0; id < labels.names.size(); ++id) {
    config["id2label"][std::to_string(id)] = labels.names[id];
    config["label2id"][labels.names[id]] = id;
  }
}

}  // namespace attune::models
