#include "attune/tasks/classification/label_sets.h"

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

std::vector<std::string> split_labels(std::string_view cell, std::string_view separator) {
  std::vector<std::string> labels;
  while (!cell.empty()) {
    const auto end = std::min(cell.find(separator), cell.size());
    if (const std::string_view label = trimmed(cell.substr(0, end)); !label.empty())
      labels.emplace_back(label);
    cell.remove_prefix(std::min(end + separator.size(), cell.size()));
  }
  return labels;
}

std::vector<std::string> distinct_set_labels(std::span<const text::Table> tables, std::size_t column,
                                             std::string_view separator) {
  const auto for_each_label = [&](auto&& visit) {
    for (const text::Table& table : tables) {
      for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::string& label : split_labels(table.value(row, column), separator)) visit(table, row, label);
      }
    }
  };
  std::set<std::string, std::less<>> labels;
  for_each_label(
      [&](const text::Table&, std::size_t, std::string& label) { labels.insert(std::move(label)); });
  if (are_numbers_with_gaps(labels)) {
    for_each_label([&](const text::Table& table, std::size_t row, const std::string& label) {
      check(!is_missing_number(label),
            "{}: one of the labels in column \"{}\" is {}, which is no label among numbers", table.where(row),
            table.columns()[column], label);
    });
  }
  return {labels.begin(), labels.end()};
}

std::vector<std::int64_t> label_sets(const text::Table& table, std::size_t column, std::string_view separator,
                                     const LabelMap& labels) {
  const auto width = static_cast<std::size_t>(labels.size());
  std::vector<std::int64_t> sets(table.rows() * width);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (const std::string& label : split_labels(table.value(row, column), separator))
      sets[row * width + static_cast<std::size_t>(label_id(label, labels, table.where(row)))] = 1;
  }
  return sets;
}

std::vector<std::int64_t> label_columns(const text::Table& table, std::size_t first, std::size_t count) {
  std::vector<std::int64_t> sets;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t column = first; column < first + count; ++column) {
      const std::string_view cell = trimmed(table.value(row, column));
      const bool yes = cell == "1" || cell == "true" || cell == "1.0",
                 no = cell == "0" || cell == "false" || cell == "0.0";
      check(yes || no, "{}: \"{}\" is \"{}\", expected 0 or 1: whether the text has that label",
            table.where(row), table.columns()[column], cell);
      sets.push_back(yes ? 1 : 0);
    }
  }
  return sets;
}

}  // namespace attune::tasks
