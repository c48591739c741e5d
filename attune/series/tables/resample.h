// Rows gathered in the steps of a coarser grid.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "attune/series/panel.h"
#include "attune/series/tables/row_order.h"

namespace attune::series {

// Where the step of a frequency begins that holds a time: on the hour, at midnight, on Monday, on the first
// day of the month; of minutes and hours counted from midnight.
Time start_of_bin(Time time, const Frequency& frequency, const std::string& zone);

// A row of each step between the first and the last of a series: what `aggregate` makes of the values that
// are there, NaN where none is. `fills`: steps without any row are no error. `order` is by time.
Panel resample(RawTable& table, const RowOrder& order, const Grid& grid, Aggregate aggregate, bool fills,
               const std::filesystem::path& path, std::vector<std::string>& notes);

}  // namespace attune::series
