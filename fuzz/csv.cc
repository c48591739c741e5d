// CSV and TSV. The first byte says how to read the rest.
#include "attune/base/error.h"
#include "attune/tasks/classification/label_map.h"
#include "attune/text/tables/table.h"
#include "fuzz/input_file.h"

using namespace attune;

namespace {

text::TableOptions options_of(std::uint8_t byte) {
  text::TableOptions options;
  options.format = byte & 1 ? text::TableFormat::tsv : text::TableFormat::csv;
  if (!(byte & 1) && (byte & 2)) options.separator = byte & 4 ? ';' : '\t';
  if (byte & 8) options.column_names = {"text", "label"};
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const fuzz::InputFile file(data + 1, size - 1);
  const text::TableOptions options = options_of(data[0]);
  try {
    std::vector<std::string> columns;
    const auto reader = text::open_table(file.path(), {}, options);
    for (const std::string& name : reader->columns()) {
      if (!name.empty() && columns.size() < 3) columns.push_back(name);
    }
    const text::Table table = text::read_table(file.path(), columns, options);
    for (std::size_t row = 0; row < table.rows(); ++row) {
      fuzz::require(row == 0 ? table.line(0) >= 1 : table.line(row) > table.line(row - 1));
      for (std::size_t column = 0; column < columns.size(); ++column) table.value(row, column);
    }
    if (columns.empty()) return 0;
    const auto labels = tasks::LabelMap::of_labels(tasks::distinct_labels(table, 0));
    fuzz::require(tasks::label_ids(table, 0, labels).size() == table.rows());
    tasks::regression_targets(table, 0);
  } catch (const Error&) {
  }
  return 0;
}
