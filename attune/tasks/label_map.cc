#include "attune/tasks/label_map.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>
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

bool is_nan(std::string_view label) { return label == "NaN" || label == "nan" || label == "NAN"; }

std::string list_labels(const LabelMap& labels) {
  std::string list;
  const auto count = std::min(labels.names().size(), kMostListed);
  for (std::size_t i = 0; i < count; ++i)
    list += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", labels.names()[i]);
  if (count < labels.names().size()) list += fmt::format(" and {} more", labels.names().size() - count);
  return list;
}

}  // namespace

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
  const auto is_number = [](const std::string& label) { return whole_number(label).has_value(); };
  if (std::all_of(labels.begin(), labels.end(), is_number)) {
    std::sort(labels.begin(), labels.end(),
              [](const std::string& a, const std::string& b) { return *whole_number(a) < *whole_number(b); });
  } else if (std::all_of(labels.begin(), labels.end(),
                         [&](const std::string& label) { return is_number(label) || is_nan(label); })) {
    check(labels.size() == 1, "the labels are numbers but for \"nan\": a row has no label");
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

std::vector<std::string> distinct_labels(const text::Table& table, std::size_t column) {
  std::unordered_set<std::string_view> seen;
  bool numbers = true;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string_view label = table.value(row, column);
    if (!seen.insert(label).second) continue;
    check(!label.empty() && label != "NaN", "{}: the label in column \"{}\" is {}: every row needs one",
          table.where(row), table.columns()[column], label.empty() ? "empty" : label);
    numbers = numbers && (whole_number(label) || is_nan(label));
  }
  // A language's code is "nan" too; among numbers it is none.
  for (std::size_t row = 0; numbers && seen.size() > 1 && row < table.rows(); ++row) {
    check(!is_nan(table.value(row, column)), "{}: the label in column \"{}\" is {}: every row needs one",
          table.where(row), table.columns()[column], table.value(row, column));
  }
  std::vector<std::string> labels(seen.begin(), seen.end());
  std::sort(labels.begin(), labels.end());
  return labels;
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
