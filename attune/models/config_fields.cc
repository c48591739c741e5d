#include "attune/models/config_fields.h"

#include "attune/io/file.h"

namespace attune::models {

nlohmann::json read_json_object(const std::filesystem::path& path) {
  try {
    nlohmann::json object = nlohmann::json::parse(io::read_text(path));
    check(object.is_object(), "{}: expected a JSON object", path.string());
    return object;
  } catch (const nlohmann::json::exception& error) {  // 1e999 is well-formed, and no number
    fail("{}: not valid JSON: {}", path.string(), error.what());
  }
}

std::string read_model_type(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  std::string type;
  ConfigFields(object, path, "").read("model_type", type);
  return type;
}

void ConfigFields::read(const char* name, std::optional<std::int64_t>& value) const {
  std::int64_t number = -1;
  read(name, number);
  if (number >= 0) value = number;
}

void ConfigFields::refuse(const char* name, bool supported) const {
  bool value = supported;
  read(name, value);
  check(value == supported, "{}: \"{}\" is {}, which Attune's {} does not have (only {})", path_, name, value,
        model_, supported);
}

void ConfigFields::expect_model_type(const std::string& expected) const {
  std::string type = expected;
  read("model_type", type);
  check(type == expected, "{}: \"model_type\" is \"{}\", expected \"{}\"", path_, type, expected);
}

void set_token(nlohmann::ordered_json& object, const char* name, const std::optional<std::int64_t>& id) {
  object[name] = id ? nlohmann::ordered_json(*id) : nlohmann::ordered_json(nullptr);
}

}  // namespace attune::models
