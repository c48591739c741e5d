// What a forecaster's directory says of its data: preprocessor_config.json beside the model. With it a file
// of the same columns is read, scaled and dated as the training data was.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attune/series/calendar/calendar.h"
#include "attune/series/scaler.h"
#include "attune/series/split.h"
#include "attune/series/tables/read_panel.h"

namespace attune::series {

// The periods of the training data as moments, so that they are found again in a file that goes on. Each ends
// where the next begins.
struct Periods {
  Time train = 0, valid = 0, test = 0, end = 0;
};

struct Processor {
  PanelOptions table;  // how files are read; its columns are those that were found
  TableFormat format;  // of the training data
  Scaler scaler;
  std::vector<Field> calendar;  // none: the model sees no calendar
  std::string holidays;         // a country, or "holidays.csv" for the file beside; "": none
  Periods periods;
  std::vector<double> naive_errors;  // of each target, standardised: see tasks/forecasting/forecast_scores.h

  // Null when there is no calendar. `directory`: where the processor's files are.
  std::shared_ptr<const Calendar> make_calendar(const Grid& grid,
                                                const std::filesystem::path& directory) const;
};

inline const char* const holiday_file = "holidays.csv";

// Throws Error that names the file and the field.
Processor read_processor(const std::filesystem::path& directory);
void write_processor(const Processor& processor, const std::filesystem::path& directory);

std::string_view name_of(Fill fill);
Fill fill_from_name(std::string_view name);  // throws UsageError that lists them
std::string_view name_of(Aggregate aggregate);
Aggregate aggregate_from_name(std::string_view name);

// Reads a file as the training data was read. Throws Error where its columns, its frequency or its time zone
// are others.
ReadPanel read_like(const std::filesystem::path& path, const Processor& processor);

}  // namespace attune::series
