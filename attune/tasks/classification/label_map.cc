#include "attune/tasks/classification/label_map.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

constexpr std::size_t kMostListed = 30;

// A whole number as integers are written: no plus, no leading zeros, so that two names never are one number.
std::optional<std::int64_t> whole_number(std::string_view name) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  if (error != std::errc() || end != name.data() + name.size() || fmt::format("{}", value) != name)
    return std::nullopt;
  return value;
}

bool is_blank(std::string_view label) { return label.find_first_not_of(" \t\r\n") == label.npos; }

bool is_number(std::string_view label) {
  double value = 0;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), value);
  return error == std::errc() && end == label.data() + label.size() && std::isfinite(value);
}

std::string list_labels(const LabelMap& labels) {
  std::string list;
  const auto count = std::min(labels.names().size(), kMostListed);
  for (std::size_t i = 0; i < count; ++i)
    list += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", labels.names()[i]);
  if (count < labels.names().size()) list += fmt::format(" and {} more", labels.names().size() - count);
  return list;
}

}  // namespace

bool is_missing_number(std::string_view label) {
  std::string name;
  for (const char c : label) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name.starts_with('-') || name.starts_with('+')) name.erase(0, 1);
  constexpr std::array names = {"nan", "inf", "infinity", "na", "<na>", "n/a", "none", "null"};
  return std::ranges::find(names, name) != names.end();
}

LabelMap::LabelMap(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    check(!names_[i].empty(), "the name of label {} is empty", i);
    check(ids_.emplace(names_[i], static_cast<std::int64_t>(i)).second, "two labels have the name \"{}\"",
          names_[i]);
  }
}

LabelMap LabelMap::of_labels(std::vector<std::string> labels) {
  check(!labels.empty(), "no labels given");
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  const auto is_whole = [](const std::string& label) { return whole_number(label).has_value(); };
  if (std::all_of(labels.begin(), labels.end(), is_whole)) {
    std::sort(labels.begin(), labels.end(),
              [](const std::string& a, const std::string& b) { return *whole_number(a) < *whole_number(b); });
  }
  return LabelMap(std::move(labels));
}

const std::string& LabelMap::name(std::int64_t id) const {
  check(id >= 0 && id < size(), "there is no label {}: there are {}", id, size());
  return names_[static_cast<std::size_t>(id)];
}

std::optional<std::int64_t> LabelMap::id(std::string_view name) const {
  const auto found = ids_.find(name);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::int64_t label_id(std::string_view label, const LabelMap& labels, std::string_view where) {
  const auto id = labels.id(label);
  if (!id) {
    check(!label.empty(), "{}: the label is empty, expected one of {}", where, list_labels(labels));
    fail("{}: no label \"{}\" was in the training data or the model's configuration: expected one of {}",
         where, label, list_labels(labels));
  }
  return *id;
}

bool are_numbers_with_gaps(const std::set<std::string, std::less<>>& labels) {
  const auto missing = std::ranges::count_if(labels, is_missing_number);
  const auto numbers = std::ranges::count_if(labels, is_number);
  return missing > 0 && numbers > 0 && missing + numbers == std::ssize(labels);
}

std::vector<std::string> distinct_labels(std::span<const text::Table> tables, std::size_t column) {
  const auto for_each_label = [&](auto&& visit) {
    for (const text::Table& table : tables)
      for (std::size_t row = 0; row < table.rows(); ++row) visit(table, row, table.value(row, column));
  };
  const auto refuse = [&](const text::Table& table, std::size_t row, std::string_view label) {
    fail("{}: the label in column \"{}\" is {}: every row needs one", table.where(row),
         table.columns()[column], is_blank(label) ? "empty" : label);
  };
  std::set<std::string, std::less<>> labels;
  for_each_label([&](const text::Table& table, std::size_t row, std::string_view label) {
    if (labels.contains(label)) return;
    if (is_blank(label) || label == "NaN") refuse(table, row, label);
    labels.emplace(label);
  });
  if (are_numbers_with_gaps(labels)) {
    for_each_label([&](const text::Table& table, std::size_t row, std::string_view label) {
      if (is_missing_number(label)) refuse(table, row, label);
    });
  }
  return {labels.begin(), labels.end()};
}

std::vector<std::int64_t> label_ids(const text::Table& table, std::size_t column, const LabelMap& labels) {
  std::vector<std::int64_t> ids(table.rows());
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const auto id = labels.id(table.value(row, column));
    ids[row] = id ? *id : label_id(table.value(row, column), labels, table.where(row));
  }
  return ids;
}

std::vector<float> regression_targets(const text::Table& table, std::size_t column) {
  std::vector<float> targets(table.rows());
  for (std::size_t row = 0; row < targets.size(); ++row) {
    const std::string_view value = table.value(row, column);
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool whole = error == std::errc() && end == value.data() + value.size();
    targets[row] = static_cast<float>(number);
    check(whole && std::isfinite(targets[row]),
          "{}: the target in column \"{}\" is \"{}\", expected a number", table.where(row),
          table.columns()[column], value);
  }
  return targets;
}

}  // namespace attune::tasks
