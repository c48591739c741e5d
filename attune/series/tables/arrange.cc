#include "attune/series/tables/arrange.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "attune/base/error.h"
#include "attune/series/tables/first_few.h"
#include "attune/series/tables/resample.h"
#include "attune/series/tables/row_order.h"
#include "attune/series/time/find_frequency.h"
#include "attune/text/tables/columns.h"

namespace attune::series {
namespace {

namespace fs = std::filesystem;

// Of rows that are not there; a table that needs more is one whose frequency is wrong.
constexpr std::int64_t most_filled_share = 100, always_filled = 100'000;

// A quarter of a year is found by its months, whatever the share; half of the distances must be alike.
constexpr double least_share = 0.5;

// Clocks change on Sundays, mostly, within the first hours of the day.
bool looks_like_clock_change(Time local) {
  const Day day = day_of_time(local);
  const unsigned month = static_cast<unsigned>(date_of(day).month());
  const bool is_season = (month >= 3 && month <= 4) || (month >= 9 && month <= 11);
  return is_season && weekday_of(day) == 6 && second_of_day(local) <= 4 * 3600;
}

class Arranger {
 public:
  Arranger(const fs::path& path, RawTable table, const PanelOptions& options, std::vector<std::string>& notes)
      : path_(path), table_(std::move(table)), options_(options), notes_(notes), order_(table_) {}

  Panel arrange() {
    expect_order();
    if (options_.resample.empty()) expect_no_repeats();
    find_grid();
    if (!options_.resample.empty())
      return resample(table_, order_, grid_, options_.aggregate, fills(), path_, notes_);
    place_series();
    return make_panel();
  }

 private:
  bool fills() const { return options_.fill != Fill::none; }
  std::string shown(Time time) const { return format_time(time, table_.zone, table_.format); }
  Time time(std::int64_t series, std::int64_t index) const {
    return table_.times[static_cast<std::size_t>(order_.row(series, index))];
  }
  std::int64_t line(std::int64_t series, std::int64_t index) const {
    return table_.lines.line(order_.row(series, index));
  }
  std::string of_series(std::int64_t series) const {
    return table_.ids.empty() ? ""
                              : fmt::format(" (series \"{}\")", table_.ids[static_cast<std::size_t>(series)]);
  }
  // What else may be the matter with the times.
  std::string zone_hint(bool at_clock_change) const {
    if (at_clock_change && table_.zone.empty() && !table_.many_offsets)
      return "; it looks like a change to or from daylight saving time: --time-zone, as Europe/Berlin, says "
             "when";
    if (table_.many_offsets)
      return "; the times have several offsets from UTC: --time-zone says whose days they are";
    return "";
  }
  std::string id_hint() const {
    if (!table_.ids.empty()) return "";
    const std::string example =
        table_.text_columns.empty() ? "" : fmt::format(" ({}?)", text::list_names(table_.text_columns));
    return "; if the file holds several series, name the column that tells them apart by --id" + example;
  }

  void expect_order() {
    FirstFew lines;
    std::int64_t series = 0, index = 0;
    bool at_clock_change = false;
    for (std::int64_t s = 0; s < order_.series(); ++s) {
      for (std::int64_t i = 1; i < order_.length(s); ++i) {
        if (time(s, i) >= time(s, i - 1)) continue;
        if (lines.count() == 0) series = s, index = i;
        lines.add(line(s, i));
        at_clock_change |= time(s, i - 1) - time(s, i) < 3600 && looks_like_clock_change(time(s, i));
      }
    }
    if (lines.count() == 0) return;
    if (fills() || !options_.resample.empty()) {
      order_.sort_by_time(table_.times);
      notes_.push_back(fmt::format("rows put in the order of time: {} went back", lines.text()));
      return;
    }
    const bool is_reversed = lines.count() == table_.rows() - order_.series();
    fail(
        "{}: the rows are not in the order of time: line {} ({}) comes after {}{}; {}: sort the file, or let "
        "--fill "
        "or --resample put it in order{}{}",
        path_.string(), line(series, index), shown(time(series, index)), shown(time(series, index - 1)),
        of_series(series), is_reversed ? "the latest comes first" : fmt::format("{} went back", lines.text()),
        is_reversed ? "" : id_hint(), zone_hint(at_clock_change));
  }

  void expect_no_repeats() const {
    FirstFew lines;
    std::int64_t series = 0, index = 0;
    bool at_clock_change = true;
    for (std::int64_t s = 0; s < order_.series(); ++s) {
      for (std::int64_t i = 1; i < order_.length(s); ++i) {
        if (time(s, i) != time(s, i - 1)) continue;
        if (lines.count() == 0) series = s, index = i;
        lines.add(line(s, i));
        at_clock_change &= looks_like_clock_change(time(s, i));
      }
    }
    if (lines.count() == 0) return;
    fail(
        "{}: times stand twice in the file, on {}; the first is {}{}: remove these rows, or make one of "
        "those of the "
        "same time by --resample FREQUENCY --aggregate mean{}{}{}",
        path_.string(), lines.text(), shown(time(series, index)), of_series(series), id_hint(),
        zone_hint(at_clock_change),
        table_.dropped_fractions ? "; fractions of a second are not kept: finer times need --resample s"
                                 : "");
  }

  void find_grid() {
    const Time first = *std::min_element(table_.times.begin(), table_.times.end());
    if (!options_.resample.empty()) {
      Frequency frequency = frequency_from_name(options_.resample);
      frequency.at_end = false;  // steps are named by when they begin
      grid_ = Grid(start_of_bin(first, frequency, table_.zone), frequency, table_.zone);
      return;
    }
    FrequencyFinder finder(open_zone(table_.zone));
    for (std::int64_t s = 0; s < order_.series(); ++s) {
      for (std::int64_t i = 0; i < order_.length(s); ++i) finder.add(time(s, i), i == 0);
    }
    const Frequency frequency =
        options_.frequency.empty() ? found_frequency(finder) : given_frequency(finder);
    grid_ = Grid(first, frequency, table_.zone);
  }

  Frequency found_frequency(const FrequencyFinder& finder) {
    const auto found = finder.find();
    if (!found && table_.rows() == 1)
      fail(
          "{} has one row (line {}), and a series needs many; its frequency could only be given "
          "(--frequency)",
          path_.string(), table_.lines.line(0));
    check(found.has_value(),
          "{}: no series has two rows, so that no frequency can be found: give it by --frequency",
          path_.string());
    check(found->share >= least_share,
          "{}: the times are not regular: the most frequent distance, {}, is that of {:.1f}% of the rows: "
          "put them on a "
          "grid by --resample FREQUENCY (--aggregate says how), or give --frequency{}",
          path_.string(), in_words(found->frequency), 100 * found->share, zone_hint(false));
    notes_.push_back(fmt::format(
        "times: column \"{}\" as {}, every {}{}{}", table_.format.time_column, table_.format.time_format,
        in_words(found->frequency), table_.zone.empty() ? "" : ", time zone " + table_.zone,
        found->share < 1 ? fmt::format(" ({:.2f}% of the distances)", 100 * found->share) : ""));
    return found->frequency;
  }

  Frequency given_frequency(const FrequencyFinder& finder) {
    Frequency frequency = frequency_from_name(options_.frequency);
    const bool of_months = frequency.unit == Frequency::Unit::month ||
                           frequency.unit == Frequency::Unit::quarter ||
                           frequency.unit == Frequency::Unit::year;
    if (of_months) frequency.at_end |= finder.all_last_of_month();
    notes_.push_back(fmt::format("times: column \"{}\" as {}, every {} as given{}", table_.format.time_column,
                                 table_.format.time_format, in_words(frequency),
                                 table_.zone.empty() ? "" : ", time zone " + table_.zone));
    return frequency;
  }

  // Where each series lies on the grid.
  void place_series() {
    FirstFew off_grid, gaps;
    std::string first_off, first_gap;
    bool at_clock_change = false, gap_at_clock_change = false;
    std::int64_t missing_rows = 0;
    for (std::int64_t s = 0; s < order_.series(); ++s) {
      Span span{.id = table_.ids.empty() ? "" : table_.ids[static_cast<std::size_t>(s)]};
      std::int64_t before = 0;
      for (std::int64_t i = 0; i < order_.length(s); ++i) {
        const Time t = time(s, i);
        const std::int64_t step = grid_.floor(t);
        if (grid_.at(step) != t) {
          if (off_grid.count() == 0) first_off = fmt::format("{}{}", shown(t), of_series(s));
          off_grid.add(line(s, i));
          at_clock_change |= i > 0 && looks_like_clock_change(t);
        } else if (i > 0 && step > before + 1) {
          if (gaps.count() == 0)
            first_gap = fmt::format("{} comes after {}{}", shown(t), shown(time(s, i - 1)), of_series(s));
          gaps.add(line(s, i));
          missing_rows += step - before - 1;
          gap_at_clock_change |= step == before + 2 && looks_like_clock_change(t);
        }
        if (i == 0) span.first_step = step;
        before = step;
      }
      span.length = before - span.first_step + 1;
      spans_.push_back(std::move(span));
    }
    check(off_grid.count() == 0,
          "{}: {} times are not on the grid of every {} from {}: {}; the first is {}: --resample {} puts "
          "them there, or "
          "give another --frequency{}",
          path_.string(), off_grid.count(), in_words(grid_.frequency()), shown(grid_.origin()),
          off_grid.text(), first_off, name_of(grid_.frequency()), zone_hint(at_clock_change));
    if (gaps.count() == 0) return;
    check(fills(),
          "{}: {} rows are missing in {} gaps, before {}: the first is where {}, expected every {}: --fill "
          "mask "
          "(forward, interpolate, zero) fills them, or --resample to a longer frequency{}",
          path_.string(), missing_rows, gaps.count(), gaps.text(), first_gap, in_words(grid_.frequency()),
          zone_hint(gap_at_clock_change));
    expect_fillable(missing_rows);
    notes_.push_back(
        fmt::format("{} missing rows in {} gaps, before {}", missing_rows, gaps.count(), gaps.text()));
  }

  void expect_fillable(std::int64_t missing_rows) const {
    check(
        missing_rows <= always_filled || missing_rows / most_filled_share <= table_.rows(),
        "{}: every {}, {} rows would be missing beside the {} that are there: give a longer --frequency, or "
        "--resample to one",
        path_.string(), in_words(grid_.frequency()), missing_rows, table_.rows());
  }

  Panel make_panel() {
    Panel panel{.grid = grid_,
                .columns = std::move(table_.columns),
                .targets = static_cast<std::int64_t>(table_.targets),
                .past_covariates = static_cast<std::int64_t>(table_.past_covariates),
                .future_covariates = static_cast<std::int64_t>(table_.future_covariates),
                .spans = {},
                .values = {}};
    std::int64_t rows = 0;
    for (Span& span : spans_) {
      span.first_row = rows;
      rows += span.length;
    }
    const std::size_t columns = panel.columns.size();
    if (rows == table_.rows() && order_.is_order_of_file()) {
      panel.values = std::move(table_.values);
    } else {
      panel.values.assign(static_cast<std::size_t>(rows) * columns, std::numeric_limits<double>::quiet_NaN());
      for (std::int64_t s = 0; s < order_.series(); ++s) {
        const Span& span = spans_[static_cast<std::size_t>(s)];
        for (std::int64_t i = 0; i < order_.length(s); ++i) {
          const std::int64_t to = span.first_row + grid_.floor(time(s, i)) - span.first_step;
          std::copy_n(table_.values.begin() + order_.row(s, i) * static_cast<std::int64_t>(columns), columns,
                      panel.values.begin() + to * static_cast<std::int64_t>(columns));
        }
      }
    }
    panel.spans = std::move(spans_);
    return panel;
  }

  const fs::path& path_;
  RawTable table_;
  const PanelOptions& options_;
  std::vector<std::string>& notes_;
  RowOrder order_;
  Grid grid_;
  std::vector<Span> spans_;
};

}  // namespace

Panel arrange(const fs::path& path, RawTable table, const PanelOptions& options,
              std::vector<std::string>& notes) {
  return Arranger(path, std::move(table), options, notes).arrange();
}

}  // namespace attune::series
