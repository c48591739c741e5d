#include "attune/series/tables/fill.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "attune/base/error.h"
#include "attune/text/tables/columns.h"

namespace attune::series {
namespace {

// The values of a column in the rows of a span.
class ColumnOfSpan {
 public:
  ColumnOfSpan(Panel& panel, const Span& span, std::size_t column, std::int64_t length)
      : columns_(panel.columns.size()),
        first_(panel.values.data() + static_cast<std::size_t>(span.first_row) * columns_ + column),
        length_(length) {}

  std::int64_t length() const { return length_; }
  double& operator[](std::int64_t row) const { return first_[static_cast<std::size_t>(row) * columns_]; }

 private:
  std::size_t columns_;
  double* first_;
  std::int64_t length_;
};

// To the row after the last: NaN stay where nothing comes before.
void fill_forward(const ColumnOfSpan& values) {
  for (std::int64_t row = 1; row < values.length(); ++row) {
    if (std::isnan(values[row])) values[row] = values[row - 1];
  }
}

void interpolate(const ColumnOfSpan& values) {
  std::int64_t before = -1;
  for (std::int64_t row = 0; row < values.length(); ++row) {
    if (std::isnan(values[row])) continue;
    if (before >= 0) {
      const double from = values[before], slope = (values[row] - from) / static_cast<double>(row - before);
      for (std::int64_t between = before + 1; between < row; ++between)
        values[between] = from + slope * static_cast<double>(between - before);
    }
    before = row;
  }
  fill_forward(values);
}

void fill_zero(const ColumnOfSpan& values) {
  for (std::int64_t row = 0; row < values.length(); ++row) {
    if (std::isnan(values[row])) values[row] = 0;
  }
}

void fill_column(const ColumnOfSpan& values, Fill fill) {
  switch (fill) {
    case Fill::forward:
      fill_forward(values);
      break;
    case Fill::interpolate:
      interpolate(values);
      break;
    case Fill::zero:
      fill_zero(values);
      break;
    case Fill::none:
    case Fill::mask:
      break;
  }
}

const char* name_of_fill(Fill fill) {
  switch (fill) {
    case Fill::mask:
      return "left out (mask)";
    case Fill::forward:
      return "filled by the value before (forward)";
    case Fill::interpolate:
      return "filled between their neighbours (interpolate)";
    case Fill::zero:
      return "filled by 0 (zero)";
    case Fill::none:
      break;
  }
  return "";
}

// Missing values of a column: the places of the first few, and how many.
struct Missing {
  std::vector<std::string> places;
  std::int64_t count = 0;
};

std::string listed(const Missing& missing) {
  const auto more = missing.count - static_cast<std::int64_t>(missing.places.size());
  return fmt::format("{}{}", fmt::join(missing.places, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace

std::int64_t future_rows(const Panel& panel, const Span& span) {
  if (panel.future_covariates == 0) return 0;
  const std::size_t columns = panel.columns.size();
  const std::size_t known = static_cast<std::size_t>(panel.targets + panel.past_covariates);
  std::int64_t count = 0;
  for (; count < span.length; ++count) {
    const double* row =
        panel.values.data() + static_cast<std::size_t>(span.first_row + span.length - 1 - count) * columns;
    const bool is_unknown = std::all_of(row, row + known, [](double value) { return std::isnan(value); });
    const bool is_planned =
        std::none_of(row + known, row + columns, [](double value) { return std::isnan(value); });
    if (!is_unknown || !is_planned) break;
  }
  return count;
}

void fill_missing(const std::filesystem::path& path, Panel& panel, Fill fill,
                  const std::function<std::string(const Span&, std::int64_t)>& where,
                  std::vector<std::string>& notes) {
  constexpr std::size_t most_places = 5;
  const std::size_t columns = panel.columns.size();
  std::vector<Missing> missing(columns);
  std::int64_t total = 0, future = 0;
  for (const Span& span : panel.spans) {
    const std::int64_t ahead = future_rows(panel, span);
    future += ahead;
    for (std::size_t column = 0; column < columns; ++column) {
      const bool is_known_ahead = static_cast<std::int64_t>(column) >= panel.targets + panel.past_covariates;
      const ColumnOfSpan values(panel, span, column, is_known_ahead ? span.length : span.length - ahead);
      const std::int64_t before = total;
      for (std::int64_t row = 0; row < values.length(); ++row) {
        if (!std::isnan(values[row])) continue;
        ++total;
        ++missing[column].count;
        if (missing[column].places.size() < most_places) missing[column].places.push_back(where(span, row));
      }
      if (total > before) fill_column(values, fill);
    }
  }
  if (future > 0)
    notes.push_back(fmt::format("{} rows at the end have future covariates only: the future", future));
  if (total == 0) return;
  const auto first =
      std::find_if(missing.begin(), missing.end(), [](const Missing& of) { return of.count > 0; });
  const auto with =
      std::count_if(missing.begin(), missing.end(), [](const Missing& of) { return of.count > 0; });
  const std::string& name = panel.columns[static_cast<std::size_t>(first - missing.begin())];
  check(fill != Fill::none,
        "{}: column \"{}\" has no value at {}{}: --fill mask (the loss passes over them), forward, "
        "interpolate or zero "
        "says what becomes of missing values",
        path.string(), name, listed(*first),
        with > 1 ? fmt::format(", and {} other columns lack values too ({} in all)", with - 1, total) : "");
  notes.push_back(fmt::format("{} missing values in {} columns {}", total, with, name_of_fill(fill)));
}

void examine_columns(const std::filesystem::path& path, const Panel& panel, std::vector<std::string>& notes) {
  const std::size_t columns = panel.columns.size();
  std::vector<double> first(columns, std::nan(""));
  std::vector<bool> changes(columns);
  std::size_t changing = 0;
  for (std::size_t i = 0; i < panel.values.size() && changing < columns; ++i) {
    const std::size_t column = i % columns;
    const double value = panel.values[i];
    if (changes[column] || std::isnan(value) || value == first[column]) continue;
    if (std::isnan(first[column]))
      first[column] = value;
    else
      changes[column] = true, ++changing;
  }
  std::vector<std::string> constant;
  for (std::size_t column = 0; column < columns; ++column) {
    check(!std::isnan(first[column]), "{}: column \"{}\" has no value", path.string(), panel.columns[column]);
    if (!changes[column]) constant.push_back(panel.columns[column]);
  }
  if (!constant.empty() && panel.rows() > 1)
    notes.push_back(fmt::format("constant: {}: there is nothing to forecast", text::list_names(constant)));
}

}  // namespace attune::series
