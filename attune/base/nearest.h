// The name that somebody nearly wrote.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace attune {

// Levenshtein's distance: how many letters of `word` to insert, remove or replace to get `name`. A "*" in
// `word` stands for any text at no cost.
std::size_t edit_distance(std::string_view word, std::string_view name);

// The one of `names` that is closest to `word`; null when there are none.
const std::string* nearest_of(std::string_view word, std::span<const std::string> names);

}  // namespace attune
