#include "attune/text/component_json.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {

std::string type_of(const nlohmann::json& component, std::string_view stage) {
  check(component.is_object() && component.contains("type") && component.at("type").is_string(),
        "{} is {}, expected an object with a \"type\"", stage, component.dump().substr(0, 100));
  return component.at("type").get<std::string>();
}

void check_fields(const nlohmann::json& component, std::string_view stage,
                  std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : component.items()) {
    const bool found = name == "type" || std::find(known.begin(), known.end(), name) != known.end();
    check(found, "{} {} has \"{}\": {}, which is not supported", stage, component.value("type", ""), name,
          value.dump().substr(0, 100));
  }
}

char32_t read_character(const nlohmann::json& component, const char* name) {
  const auto& text = component.at(name).get_ref<const std::string&>();
  const bool valid = !text.empty() && decode_code_point(text).length == text.size();
  check(valid, "{} has \"{}\": \"{}\", expected one character", component.value("type", ""), name, text);
  return decode_code_point(text).value;
}

}  // namespace attune::text
