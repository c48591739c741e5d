// Tables of series. The first bytes say how to read the rest.
#include "attune/base/error.h"
#include "attune/series/calendar/calendar.h"
#include "attune/series/tables/read_panel.h"
#include "attune/series/time/time_pattern.h"
#include "fuzz/input_file.h"

using namespace attune;

namespace {

series::PanelOptions options_of(std::uint8_t roles, std::uint8_t times) {
  series::PanelOptions options;
  if (roles & 1) options.id = "id";
  if (roles & 2) options.targets = {"v"};
  if (roles & 4) options.future_covariates = {"plan"};
  if (roles & 8) options.time = "date";
  options.fill = static_cast<series::Fill>((roles >> 4) % 5);
  if (times & 1) options.time_zone = times & 2 ? "Europe/Berlin" : "-03:30";
  constexpr const char* frequencies[] = {"", "h", "D", "B", "MS", "ME", "W", "30s"};
  (times & 4 ? options.resample : options.frequency) = frequencies[(times >> 3) & 7];
  options.aggregate = static_cast<series::Aggregate>((times >> 6) & 3);
  return options;
}

void require_grid(const series::ReadPanel& read) {
  const series::Panel& panel = read.panel;
  std::int64_t rows = 0;
  for (const series::Span& span : panel.spans) {
    fuzz::require(span.first_row == rows && span.length > 0 && span.first_step >= 0);
    rows += span.length;
    for (const std::int64_t step : {span.first_step, span.end_step() - 1}) {
      const series::Time time = panel.grid.at(step);
      fuzz::require(panel.grid.floor(time) == step);
      series::format_time(time, panel.grid.zone(), read.format);
    }
  }
  fuzz::require(rows == panel.rows());
}

void require_calendar(const series::ReadPanel& read) {
  using enum series::Field;
  static const auto holidays = series::open_holidays("JP");
  const std::vector<series::Field> fields{second, minute, hour,    weekday,         day, year_day, week,
                                          month,  season, holiday, holiday_distance};
  const series::Calendar calendar(read.panel.grid, fields, holidays);
  std::vector<std::int64_t> values(fields.size());
  calendar.values(read.panel.spans[0].first_step, values);
  for (std::size_t i = 0; i < fields.size(); ++i)
    fuzz::require(values[i] >= 0 && values[i] < calendar.size(i));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const fuzz::InputFile file(data + 2, size - 2);
  try {
    const series::ReadPanel read = series::read_panel(file.path(), options_of(data[0], data[1]));
    require_grid(read);
    require_calendar(read);
  } catch (const Error&) {
  }
  try {
    series::TimePattern(std::string(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 64)));
    series::open_holidays(file.path());
  } catch (const Error&) {
  }
  return 0;
}
