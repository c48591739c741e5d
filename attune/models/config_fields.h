// Reading a Hugging Face configuration: errors name the file and the field.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "attune/base/error.h"
#include "attune/io/json_value.h"

namespace attune::models {

// The object that a JSON file holds.
nlohmann::json read_json_object(const std::filesystem::path& path);

// The family that a directory's config.json names: its "model_type", or "" when it has none.
std::string read_model_type(const std::filesystem::path& directory);

// Far more than anyone trains; a number mistyped or hostile would name parameters until memory is full.
constexpr std::int64_t most_layers = 4096;

// The fields of one such object. One that is absent or null leaves the value as it was.
class ConfigFields {
 public:
  // `model` names the family in errors: "GPT-2".
  ConfigFields(const nlohmann::json& object, const std::filesystem::path& path, std::string model)
      : object_(object), path_(path.string()), model_(std::move(model)) {}

  template <typename T>
  void read(const char* name, T& value) const {
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) return;
    if (!io::read_json_value(*found, value))
      fail("{}: \"{}\" is {}, which has the wrong type", path_, name, found->dump());
  }
  // A token id: below zero stands for none.
  void read(const char* name, std::optional<std::int64_t>& value) const;

  // A feature that this model does not have.
  void refuse(const char* name, bool supported) const;
  // The file must be of this family.
  void expect_model_type(const std::string& type) const;

  bool has(const char* name) const { return object_.contains(name); }
  bool is_list(const char* name) const { return has(name) && object_.at(name).is_array(); }
  const std::string& path() const { return path_; }

 private:
  const nlohmann::json& object_;
  std::string path_, model_;
};

// Sets a token id, or null for none: Hugging Face falls back to a family's own ids when these are absent, so
// that none is said, too.
void set_token(nlohmann::ordered_json& object, const char* name, const std::optional<std::int64_t>& id);

}  // namespace attune::models
