// Several labels of a text at once: sets in a column, or a column of zeros and ones for each label.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/tasks/classification/label_map.h"
#include "attune/text/tables/table.h"

namespace attune::tasks {

// The labels in a cell, "sport|politics", blanks around them left out; none of an empty cell.
std::vector<std::string> split_labels(std::string_view cell, std::string_view separator);

// All labels of a column of such cells, each once. Throws Error that names the file and the line of a gap
// among numbers, as distinct_labels().
std::vector<std::string> distinct_set_labels(std::span<const text::Table> tables, std::size_t column,
                                             std::string_view separator);

// The sets of a column as zeros and ones: rows times labels of them. Throws Error that names the line for a
// label that the map does not have.
std::vector<std::int64_t> label_sets(const text::Table& table, std::size_t column, std::string_view separator,
                                     const LabelMap& labels);

// The same of columns, one a label, from `first` on. Throws Error that names the line and the column for
// anything but 0 and 1 (or true and false).
std::vector<std::int64_t> label_columns(const text::Table& table, std::size_t first, std::size_t count);

}  // namespace attune::tasks
