// The beginning of a table: what is found out before all of it is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace attune::series {

struct Sample {
  char separator = ',';
  std::vector<std::string> columns;            // of the header
  std::vector<std::vector<std::string>> rows;  // the first of the file
  std::vector<std::int64_t> lines;             // that they begin in
  std::int64_t estimated_rows = 0;             // of the whole file; 0 where it is compressed

  // The values of a column that are there.
  std::vector<std::string> values(std::size_t column) const;
};

// Finds the separator by the first lines. Throws Error for a file that cannot be read twice, has no header,
// no row, or rows that its header does not fit.
Sample read_sample(const std::filesystem::path& path);

}  // namespace attune::series
