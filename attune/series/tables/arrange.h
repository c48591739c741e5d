// Rows of a table put on a grid of times.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "attune/series/panel.h"
#include "attune/series/tables/raw_table.h"

namespace attune::series {

// Finds the frequency (or takes that of the options), orders the rows, and leaves NaN where the grid has a
// time and the table no row. Says in `notes` what it found and did. Throws Error that names lines for times
// that are out of order, repeated or off the grid, and for gaps that the options do not fill.
Panel arrange(const std::filesystem::path& path, RawTable table, const PanelOptions& options,
              std::vector<std::string>& notes);

}  // namespace attune::series
