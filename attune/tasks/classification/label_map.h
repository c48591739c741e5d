// Names of classes and their ids; and the labels of tables as ids, or as the numbers of a regression. What
// config.json calls them is read by models::read_text_labels().
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/text/tables/table.h"

namespace attune::tasks {

class LabelMap {
 public:
  // The id of a name is its place. Throws Error for empty names and names that stand twice.
  explicit LabelMap(std::vector<std::string> names);

  // The distinct names in order, whatever order they come in: by number where all are whole numbers, so that
  // 0 to C - 1 are their own ids, else by their bytes. Hugging Face's run_glue.py does the same. Throws Error
  // for none.
  static LabelMap of_labels(std::vector<std::string> labels);

  std::int64_t size() const { return static_cast<std::int64_t>(names_.size()); }
  const std::vector<std::string>& names() const { return names_; }
  // Throws Error for an id out of range.
  const std::string& name(std::int64_t id) const;
  std::optional<std::int64_t> id(std::string_view name) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::vector<std::string> names_;
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> ids_;
};

// How programs write a number that is not there, or none: nan, inf, none, null, n/a, in any case.
bool is_missing_number(std::string_view label);
// Whether all of them are numbers but for some that are missing: a class may be called "nan" (the language)
// or "none", but not among numbers.
bool are_numbers_with_gaps(const std::set<std::string, std::less<>>& labels);

// The labels in a column of the training data, each once. Throws Error that names the file and the line of
// one that is missing: blank, NaN, or a gap among numbers.
std::vector<std::string> distinct_labels(std::span<const text::Table> tables, std::size_t column);

// Each row's label as its id. Throws Error that names the line, and the labels there are, for one that the
// map does not have.
std::vector<std::int64_t> label_ids(const text::Table& table, std::size_t column, const LabelMap& labels);

// Each row's target of a regression. Throws Error that names the line for anything but a finite number.
std::vector<float> regression_targets(const text::Table& table, std::size_t column);

// "train.csv: line 7: no label …" for one that the map does not have; else its id.
std::int64_t label_id(std::string_view label, const LabelMap& labels, std::string_view where);

}  // namespace attune::tasks
