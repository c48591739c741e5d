// From tables of a user's own to a panel.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attune/series/panel.h"

namespace attune::series {

// What becomes of values that are missing, and of grid times without a row.
enum class Fill : std::uint8_t {
  none,         // an error that names the rows
  mask,         // they stay NaN, and the loss passes over them
  forward,      // the last value before; those before the first stay NaN
  interpolate,  // the straight line between their neighbours, within a series; ends as forward
  zero,
};
enum class Aggregate : std::uint8_t { mean, sum, last, min, max };

// Empty fields are found in the file.
struct PanelOptions {
  std::string time = {};                  // the column with the times
  std::string id = {};                    // the column that tells series apart (a long table); "": wide
  std::vector<std::string> targets = {};  // none: every column of numbers that has no other role
  std::vector<std::string> past_covariates = {}, future_covariates = {};
  std::string frequency = {};    // "h"
  std::string time_zone = {};    // of times that do not say theirs; "": clocks on the wall
  std::string time_format = {};  // as strptime's: "%d.%m.%Y %H:%M"
  Fill fill = Fill::none;
  std::string resample = {};  // to this frequency, by `aggregate`; also puts times on the grid
  Aggregate aggregate = Aggregate::mean;
};

// How a file is written, so that forecasts can be written alike.
struct TableFormat {
  char separator = ',';
  char decimal = '.';
  std::string time_column = {}, id_column = {};
  std::string time_format = {};  // strptime's, or "s", "ms" for numbers since 1970
};

struct ReadPanel {
  Panel panel;
  TableFormat format;
  // What was found and what was done, a sentence each, for the user: "times: column date, every 1 hour".
  std::vector<std::string> notes;
};

// Reads CSV (comma, semicolon or tab; decimal point or comma; also .gz) and checks all of it. Rows at the end
// of a series whose targets and past covariates are all missing, but whose future covariates are there, are
// its future, and no error. Throws Error that names the file, the lines and the columns, and what to do.
ReadPanel read_panel(const std::filesystem::path& path, const PanelOptions& options);

std::string format_time(Time time, const std::string& zone, const TableFormat& format);

}  // namespace attune::series
