#include "attune/base/error.h"
#include "attune/text/tables/table.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(data, size);
  const text::TableOptions options{.format = text::TableFormat::json_lines};
  try {
    std::vector<std::string> columns = text::open_table(file.path(), {}, options)->columns();
    columns.resize(std::min<std::size_t>(columns.size(), 3));
    const text::Table table = text::read_table(file.path(), columns, options);
    for (std::size_t row = 1; row < table.rows(); ++row) fuzz::require(table.line(row) > table.line(row - 1));
  } catch (const Error&) {
  }
  return 0;
}
