#include "attune/models/text/labels.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

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

// A whole number as it is written without leading zeros, so that two ids never are one; else nothing.
std::optional<std::size_t> read_id(const std::string& id) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
  if (error != std::errc() || end != id.data() + id.size() || std::to_string(value) != id) return {};
  return value;
}

// {"0": "negative", "1": "positive"}
std::vector<std::string> names_by_id(const nlohmann::json& id2label, const std::string& path) {
  check(id2label.is_object() && !id2label.empty(),
        "{}: \"id2label\" is {}, expected an object {{\"0\": \"name\", …}}", path,
        id2label.is_object() ? "empty" : id2label.type_name());
  std::vector<std::string> names(id2label.size());
  std::unordered_set<std::string> seen;
  for (const auto& [id, name] : id2label.items()) {
    const auto place = read_id(id);
    check(place && *place < names.size(),
          "{}: \"id2label\" has {} labels and the id \"{}\", expected 0 to {}", path, names.size(), id,
          names.size() - 1);
    check(name.is_string(), "{}: \"id2label\": the name of {} is {}, expected a string", path, id,
          name.dump());
    names[*place] = name.get<std::string>();
    check(!names[*place].empty(), "{}: \"id2label\": the name of {} is empty", path, id);
    check(seen.insert(names[*place]).second, "{}: \"id2label\": two labels have the name \"{}\"", path,
          names[*place]);
  }
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

TextLabels read_text_labels(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "text encoder");
  TextLabels labels;
  labels.stated_type = read_problem_type(fields);
  if (fields.has("id2label") && !object.at("id2label").is_null()) {
    labels.names = names_by_id(object.at("id2label"), path.string());
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
  // An ordered object looks a key up from its beginning, which a million labels do not wait for: they are
  // appended. Of labels with the same name the last has it, as in Python's dictionaries.
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t id = 0; id < labels.names.size(); ++id) ids[labels.names[id]] = id;
  nlohmann::ordered_json::object_t id2label, label2id;
  for (std::size_t id = 0; id < labels.names.size(); ++id) {
    id2label.emplace_back(std::to_string(id), labels.names[id]);
    const auto last = ids.extract(labels.names[id]);
    if (!last.empty()) label2id.emplace_back(labels.names[id], last.mapped());
  }
  config["id2label"] = std::move(id2label);
  config["label2id"] = std::move(label2id);
}

}  // namespace attune::models
