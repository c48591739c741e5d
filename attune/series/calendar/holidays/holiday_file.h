// Holidays of a user's own.
#pragma once

#include <filesystem>

#include "attune/series/calendar/holidays/rules.h"

namespace attune::series {

// A date a line, with a name after a comma, a semicolon or a tab where there is one: "2016-12-25,Christmas".
// Dates are ISO's; a first line of names ("date,holiday") and lines that begin with # are passed over. Those
// without a name are all the same holiday. Throws Error that names the line for what is no date.
HolidayDays read_holiday_file(const std::filesystem::path& path);

}  // namespace attune::series
