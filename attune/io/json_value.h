// JSON values as C++ values, without the JSON library's silent conversions.
#pragma once

#include <nlohmann/json.hpp>
#include <type_traits>

namespace attune::io {

// Sets `value` and returns true when the JSON value has its type; the library would cut 2.5 down to 2.
template <typename Json, typename T>
bool read_json_value(const Json& json, T& value) {
  constexpr bool whole = std::is_integral_v<T> && !std::is_same_v<T, bool>;
  if (whole && !json.is_number_integer()) return false;
  try {
    value = json.template get<T>();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace attune::io
