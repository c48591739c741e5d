#include "attune/series/tables/read_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/series/tables/arrange.h"
#include "attune/series/tables/fill.h"
#include "attune/series/tables/raw_table.h"

namespace attune::series {
namespace {

// Wrong names are told before a large file is read.
void expect_options(const PanelOptions& options) {
  open_zone(options.time_zone);
  if (!options.frequency.empty()) frequency_from_name(options.frequency);
  if (!options.resample.empty()) frequency_from_name(options.resample);
  if (!options.time_format.empty()) TimePattern{options.time_format};
}

std::string note_of_series(const Panel& panel, const std::string& id_column) {
  const auto [shortest, longest] =
      std::minmax_element(panel.spans.begin(), panel.spans.end(),
                          [](const Span& a, const Span& b) { return a.length < b.length; });
  return fmt::format("series: {} of column \"{}\", {} to {} rows", panel.spans.size(), id_column,
                     shortest->length, longest->length);
}

}  // namespace

ReadPanel read_panel(const std::filesystem::path& path, const PanelOptions& options) {
  expect_options(options);
  const Sample sample = read_sample(path);
  const Roles roles = find_roles(path, sample, options);
  RawTable table = read_raw(path, sample, roles, options);
  ReadPanel read{.panel = {}, .format = table.format, .notes = roles.notes};
  read.notes.insert(read.notes.end(), table.notes.begin(), table.notes.end());
  if (table.many_offsets)
    read.notes.push_back(
        "the times have several offsets from UTC: days and hours are those of UTC (--time-zone "
        "chooses others)");
  const LineIndex lines = table.lines;
  const bool is_in_order = std::is_sorted(table.series.begin(), table.series.end());
  const std::int64_t rows = table.rows();
  read.panel = arrange(path, std::move(table), options, read.notes);
  const Panel& panel = read.panel;
  if (!options.id.empty()) read.notes.push_back(note_of_series(panel, options.id));
  // Where every row of the file became one of the panel, in its order.
  const bool lines_are_known = is_in_order && rows == panel.rows() && options.resample.empty();
  const auto where = [&](const Span& span, std::int64_t row) {
    const Time time = panel.grid.at(span.first_step + row);
    return fmt::format("{}{}{}", format_time(time, panel.grid.zone(), read.format),
                       span.id.empty() ? "" : fmt::format(" of \"{}\"", span.id),
                       lines_are_known ? fmt::format(" (line {})", lines.line(span.first_row + row)) : "");
  };
  fill_missing(path, read.panel, options.fill, where, read.notes);
  examine_columns(path, read.panel, read.notes);
  return read;
}

std::string format_time(Time time, const std::string& zone, const TableFormat& format) {
  const auto clock = open_zone(zone);
  const std::int64_t offset = clock == nullptr ? 0 : clock->offset(time);
  return TimePattern(format.time_format.empty() ? "%Y-%m-%d %H:%M:%S" : format.time_format)
      .write(time + offset, offset);
}

}  // namespace attune::series
