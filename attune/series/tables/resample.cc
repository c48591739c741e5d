#include "attune/series/tables/resample.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "attune/base/error.h"
#include "attune/series/time/civil.h"

namespace attune::series {
namespace {

using Unit = Frequency::Unit;

// Steps without a row; a table that needs more is one whose frequency is wrong.
constexpr std::int64_t most_empty_share = 100, always_empty = 100'000;

std::int64_t seconds_in(Unit unit) { return unit == Unit::second ? 1 : unit == Unit::minute ? 60 : 3600; }

Day start_of_days(Day day, const Frequency& frequency) {
  const std::chrono::year_month_day date = date_of(day);
  const int month = static_cast<int>(static_cast<unsigned>(date.month()));
  switch (frequency.unit) {
    case Unit::business_day:
      return day - std::max<std::int64_t>(weekday_of(day) - 4, 0);
    case Unit::week:
      return day - weekday_of(day);
    case Unit::month: {
      const int count = static_cast<int>(std::min<std::int64_t>(frequency.count, 12));
      return day_of(date.year() / ((month - 1) / count * count + 1) / 1);
    }
    case Unit::quarter:
      return day_of(date.year() / ((month - 1) / 3 * 3 + 1) / 1);
    case Unit::year:
      return day_of(date.year() / 1 / 1);
    default:
      return day;
  }
}

// The values of one step.
class Bin {
 public:
  Bin(Aggregate aggregate, std::size_t columns) : aggregate_(aggregate), values_(columns), counts_(columns) {}

  void clear() { std::fill(counts_.begin(), counts_.end(), 0); }

  void add(const double* row) {
    for (std::size_t c = 0; c < values_.size(); ++c) {
      if (std::isnan(row[c])) continue;
      double& value = values_[c];
      if (counts_[c]++ == 0 || aggregate_ == Aggregate::last) {
        value = row[c];
        continue;
      }
      switch (aggregate_) {
        case Aggregate::mean:
        case Aggregate::sum:
          value += row[c];
          break;
        case Aggregate::min:
          value = std::min(value, row[c]);
          break;
        case Aggregate::max:
          value = std::max(value, row[c]);
          break;
        case Aggregate::last:
          break;
      }
    }
  }

  void write(double* row) const {
    for (std::size_t c = 0; c < values_.size(); ++c) {
      if (counts_[c] == 0)
        row[c] = std::numeric_limits<double>::quiet_NaN();
      else
        row[c] = aggregate_ == Aggregate::mean ? values_[c] / static_cast<double>(counts_[c]) : values_[c];
    }
  }

 private:
  Aggregate aggregate_;
  std::vector<double> values_;
  std::vector<std::int64_t> counts_;
};

class Resampler {
 public:
  Resampler(RawTable& table, const RowOrder& order, const Grid& grid, const std::filesystem::path& path)
      : table_(table), order_(order), grid_(grid), path_(path), columns_(table.columns.size()) {}

  Time time(std::int64_t s, std::int64_t i) const {
    return table_.times[static_cast<std::size_t>(order_.row(s, i))];
  }

  // Finds the spans, and the steps that have no row.
  void place(bool fills) {
    std::string first_empty;
    for (std::int64_t s = 0; s < order_.series(); ++s) {
      Span span{.id = table_.ids.empty() ? "" : table_.ids[static_cast<std::size_t>(s)]};
      span.first_step = grid_.floor(time(s, 0));
      std::int64_t before = span.first_step;
      for (std::int64_t i = 1; i < order_.length(s); ++i) {
        const std::int64_t step = grid_.floor(time(s, i));
        if (step > before + 1 && empty_ == 0)
          first_empty = fmt::format("{}{}", format_time(grid_.at(before + 1), grid_.zone(), table_.format),
                                    span.id.empty() ? "" : fmt::format(" (series \"{}\")", span.id));
        empty_ += std::max<std::int64_t>(step - before - 1, 0);
        before = step;
      }
      span.length = before - span.first_step + 1;
      span.first_row = rows_;
      rows_ += span.length;
      spans_.push_back(std::move(span));
    }
    check(fills || empty_ == 0,
          "{}: --resample {}: {} steps have no row, the first at {}: a longer frequency, or --fill mask "
          "(forward, "
          "interpolate, zero)",
          path_.string(), name_of(grid_.frequency()), empty_, first_empty);
    check(empty_ <= always_empty || empty_ / most_empty_share <= table_.rows(),
          "{}: --resample {}: {} steps would have no row, of {} rows in all: a longer frequency is needed",
          path_.string(), name_of(grid_.frequency()), empty_, table_.rows());
  }

  std::vector<double> aggregated(Aggregate aggregate) const {
    std::vector<double> values(static_cast<std::size_t>(rows_) * columns_,
                               std::numeric_limits<double>::quiet_NaN());
    Bin bin(aggregate, columns_);
    for (std::int64_t s = 0; s < order_.series(); ++s) {
      const Span& span = spans_[static_cast<std::size_t>(s)];
      for (std::int64_t i = 0; i < order_.length(s);) {
        const std::int64_t step = grid_.floor(time(s, i));
        bin.clear();
        for (; i < order_.length(s) && grid_.floor(time(s, i)) == step; ++i)
          bin.add(table_.values.data() + static_cast<std::size_t>(order_.row(s, i)) * columns_);
        bin.write(values.data() +
                  static_cast<std::size_t>(span.first_row + step - span.first_step) * columns_);
      }
    }
    return values;
  }

  std::vector<Span> take_spans() { return std::move(spans_); }
  std::int64_t rows() const { return rows_; }
  std::int64_t empty() const { return empty_; }

 private:
  RawTable& table_;
  const RowOrder& order_;
  const Grid& grid_;
  const std::filesystem::path& path_;
  std::size_t columns_;
  std::vector<Span> spans_;
  std::int64_t rows_ = 0, empty_ = 0;
};

}  // namespace

Time start_of_bin(Time time, const Frequency& frequency, const std::string& zone) {
  const auto clock = open_zone(zone);
  const Time local = clock == nullptr ? time : time + clock->offset(time);
  const Day day = day_of_time(local);
  if (frequency.unit <= Unit::hour) {
    const std::int64_t size = frequency.count * seconds_in(frequency.unit);
    const Time midnight = clock == nullptr ? day * seconds_a_day : clock->moment(day * seconds_a_day);
    return midnight + floor_divide(time - midnight, size) * size;
  }
  const Time start = start_of_days(day, frequency) * seconds_a_day;
  return clock == nullptr ? start : clock->moment(start);
}

Panel resample(RawTable& table, const RowOrder& order, const Grid& grid, Aggregate aggregate, bool fills,
               const std::filesystem::path& path, std::vector<std::string>& notes) {
  Resampler resampler(table, order, grid, path);
  resampler.place(fills);
  Panel panel{.grid = grid,
              .columns = table.columns,
              .targets = static_cast<std::int64_t>(table.targets),
              .past_covariates = static_cast<std::int64_t>(table.past_covariates),
              .future_covariates = static_cast<std::int64_t>(table.future_covariates),
              .spans = {},
              .values = resampler.aggregated(aggregate)};
  notes.push_back(
      fmt::format("times: column \"{}\" as {}, {} rows made {} steps of {}{}", table.format.time_column,
                  table.format.time_format, table.rows(), resampler.rows(), in_words(grid.frequency()),
                  resampler.empty() > 0 ? fmt::format(", {} of them without a row", resampler.empty()) : ""));
  panel.spans = resampler.take_spans();
  return panel;
}

}  // namespace attune::series
