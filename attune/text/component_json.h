// What the components of tokenizer.json have in common when they are read.
#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace attune::text {

// The "type" of a component. Throws Error where there is none.
std::string type_of(const nlohmann::json& component, std::string_view stage);

// Throws Error that names a field which is not among those known: what it asks for would not be done.
void check_fields(const nlohmann::json& component, std::string_view stage,
                  std::initializer_list<std::string_view> known);

// A field that must be one character.
char32_t read_character(const nlohmann::json& component, const char* name);

}  // namespace attune::text
