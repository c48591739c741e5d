#include "attune/series/tables/number_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace attune::series {
namespace {

constexpr std::array<std::string_view, 7> missing_words{"na", "n/a", "#n/a", "nan", "null", "none", "nat"};
constexpr std::size_t longest_number = 400;  // of digits that a double can have

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_missing(std::string_view text) {
  if (text.empty() || text == "-" || text == "?") return true;
  if (text.size() > 4) return false;
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return std::find(missing_words.begin(), missing_words.end(), lower) != missing_words.end();
}

Cell parse(std::string_view text, double& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return Cell::text;
  if (error == std::errc::result_out_of_range) {
    // Too small for a double is zero; too large is no number. strtod tells them apart by its result.
    value = std::strtod(std::string(text).c_str(), nullptr);
  }
  if (std::isnan(value)) return Cell::missing;
  return std::isinf(value) ? Cell::infinite : Cell::number;
}

// Digits in groups of three: 1.234.567 or 1.234,5.
bool has_thousands(std::string_view text) {
  const auto is_mark = [](char c) { return c == ',' || c == '.'; };
  const auto marks = std::count_if(text.begin(), text.end(), is_mark);
  const bool only_digits = std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || is_mark(c) || c == '-' || c == '+';
  });
  return only_digits && marks >= 1 &&
         std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Cell NumberReader::read(std::string_view text, double& value) {
  if (decimal_ != '.') return read_slowly(trimmed(text), value);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end == text.data() + text.size() && error == std::errc() && std::isfinite(value)) return Cell::number;
  return read_slowly(trimmed(text), value);
}

Cell NumberReader::read_slowly(std::string_view text, double& value) {
  if (is_missing(text)) return Cell::missing;
  if (text.size() > longest_number) return Cell::text;
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) {
    const bool has_point = text.find('.') != std::string_view::npos;
    const Cell cell = parse(text, value);
    if (cell != Cell::number || !has_point)
      return cell == Cell::text && has_thousands(text) ? Cell::thousands : cell;
    if (decimal_ == ',') return Cell::thousands;
    decimal_ = '.';
    return cell;
  }
  std::string with_point(text);
  with_point[comma] = '.';
  if (!comma_may_be_decimal_ || decimal_ == '.' || text.find('.') != std::string_view::npos ||
      text.find(',', comma + 1) != std::string_view::npos)
    return has_thousands(text) ? Cell::thousands : Cell::text;
  const Cell cell = parse(with_point, value);
  if (cell == Cell::number) decimal_ = ',';
  return cell;
}

}  // namespace attune::series
