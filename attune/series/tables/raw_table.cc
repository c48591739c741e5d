#include "attune/series/tables/raw_table.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>

#include "attune/base/error.h"
#include "attune/series/tables/number_reader.h"
#include "attune/series/tables/rows.h"
#include "attune/series/tables/shortened.h"

namespace attune::series {
namespace {

namespace fs = std::filesystem;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_rows = std::size_t{1} << 32;  // which an index of 32 bits counts

// Times of the file to moments: by what they say themselves, or by the zone given.
class Clock {
 public:
  explicit Clock(const std::string& zone) : zone_(open_zone(zone)) {}

  // Of an hour that the clocks show twice, the first after `previous`, the time before in the same series.
  // Nothing for an hour that they pass over.
  std::optional<Time> moment(const Stamp& stamp, Time previous) {
    if (stamp.offset) {
      if (!offset_) offset_ = *stamp.offset;
      many_offsets_ |= *offset_ != *stamp.offset;
      return stamp.local - *stamp.offset;
    }
    if (zone_ == nullptr) return stamp.local;
    const Zone::Moments moments = zone_->moments(stamp.local);
    if (moments.second && moments.first <= previous) return moments.second;
    return moments.first;
  }

  bool many_offsets() const { return many_offsets_; }
  std::int64_t offset() const { return offset_.value_or(0); }

 private:
  std::shared_ptr<const Zone> zone_;
  std::optional<std::int64_t> offset_;
  bool many_offsets_ = false;
};

// Thrown to read once more: a value decides that what was read as the day is the month.
struct OtherOrder {};

class RawReader {
 public:
  RawReader(const fs::path& path, const Sample& sample, const Roles& roles, const PanelOptions& options,
            FoundPattern times)
      : path_(path),
        sample_(sample),
        roles_(roles),
        options_(options),
        times_(std::move(times)),
        clock_(options.time_zone),
        numbers_(sample.separator),
        order_is_certain_(!times_.other) {}

  RawTable read() {
    Rows rows(path_, sample_.separator, places());
    name_columns();
    has_number_.resize(columns());
    reserve();
    while (rows.next()) {
      row_ = &rows.row();
      line_ = rows.line();
      read_row();
    }
    check(table_.rows() > 0, "{} has a header but no row", path_.string());
    expect_certain_order();
    drop_columns_without_numbers();
    finish();
    return std::move(table_);
  }

 private:
  std::size_t columns() const { return roles_.numbers.size(); }

  std::vector<std::size_t> places() const {
    std::vector<std::size_t> places{roles_.time};
    if (roles_.id) places.push_back(*roles_.id);
    places.insert(places.end(), roles_.numbers.begin(), roles_.numbers.end());
    return places;
  }

  void name_columns() {
    for (const std::size_t place : roles_.numbers) table_.columns.push_back(sample_.columns[place]);
    table_.targets = roles_.targets;
    table_.past_covariates = roles_.past_covariates;
    table_.future_covariates = roles_.future_covariates;
  }

  // Memory that is asked for and not written costs nothing; growing would hold everything twice.
  void reserve() {
    const auto rows = static_cast<std::size_t>(sample_.estimated_rows);
    table_.times.reserve(rows);
    if (roles_.id) table_.series.reserve(rows);
    table_.values.reserve(rows * columns());
  }

  void read_row() {
    // Not check(), whose message would be put together for every row.
    if (table_.times.size() >= most_rows) fail("{}: more than {} rows", path_.string(), most_rows);
    table_.lines.add(table_.rows(), line_);
    const std::uint32_t series = roles_.id ? read_id((*row_)[1]) : 0;
    const Time time = read_time((*row_)[0], previous_[series]);
    previous_[series] = time;
    table_.times.push_back(time);
    if (roles_.id) table_.series.push_back(series);
    const std::size_t first = roles_.id ? 2 : 1;
    for (std::size_t column = 0; column < columns(); ++column)
      table_.values.push_back(read_number((*row_)[first + column], column));
  }

  std::uint32_t read_id(const std::string& id) {
    if (!table_.ids.empty() && table_.ids[last_series_] == id) return last_series_;
    if (id.empty())
      fail("{}: line {}: the column \"{}\" (--id) is empty", path_.string(), line_, options_.id);
    const auto [found, is_new] = series_.try_emplace(id, static_cast<std::uint32_t>(table_.ids.size()));
    if (is_new) {
      table_.ids.push_back(id);
      previous_.resize(table_.ids.size(), first_time - seconds_a_day);
    }
    return last_series_ = found->second;
  }

  Time read_time(std::string_view text, Time previous) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    const auto stamp = times_.pattern.parse(text);
    if (!stamp) [[unlikely]]
      not_a_time(text);
    // As days 1 to 12 of a month could be months, only a higher one decides.
    if (!order_is_certain_) order_is_certain_ = !times_.other->parse(text);
    table_.dropped_fractions |= stamp->has_fraction;
    const auto time = clock_.moment(*stamp, previous);
    if (!time)
      fail(
          "{}: line {}: the clocks of {} never show {}, as they are put forward then: another --time-zone (a "
          "fixed "
          "offset is one as +01:00), or none",
          path_.string(), line_, options_.time_zone, text);
    return *time;
  }

  [[noreturn]] void not_a_time(std::string_view text) const {
    if (times_.other && !order_is_certain_ && times_.other->parse(text)) throw OtherOrder{};
    if (text.empty())
      fail("{}: line {}: the column \"{}\" has no time", path_.string(), line_, sample_.columns[roles_.time]);
    fail(
        "{}: line {}: column \"{}\" is \"{}\", expected a time as those before it (\"{}\", as {}): correct "
        "it, or "
        "give the format by --time-format",
        path_.string(), line_, sample_.columns[roles_.time], shortened(text),
        line_ == sample_.lines[0] ? times_.pattern.write(0, 0) : shortened(sample_.rows[0][roles_.time]),
        times_.pattern.format());
  }

  double read_number(const std::string& text, std::size_t column) {
    double value = 0;
    switch (numbers_.read(text, value)) {
      case Cell::number:
        has_number_[column] = true;
        return value;
      case Cell::missing:
        return missing;
      case Cell::infinite:
        fail(
            "{}: line {}: column \"{}\" is {}, which no model can read: replace it by a number, or leave it "
            "empty",
            path_.string(), line_, table_.columns[column], shortened(text));
      case Cell::thousands:
        fail(
            "{}: line {}: column \"{}\" is \"{}\": numbers before have {}, and marks of thousands are not "
            "read: "
            "write all numbers with one decimal sign and none else",
            path_.string(), line_, table_.columns[column], shortened(text),
            numbers_.decimal() == ',' ? "decimal commas" : "decimal points");
      case Cell::text:
        break;
    }
    if (roles_.targets_were_found && column < roles_.targets && !has_number_[column]) {
      if (texts_.size() < has_number_.size()) texts_.resize(has_number_.size());
      if (texts_[column].empty()) texts_[column] = fmt::format("\"{}\" on line {}", shortened(text), line_);
      return missing;
    }
    fail(
        "{}: line {}: column \"{}\" is \"{}\", expected a number: correct it, leave it empty, or choose "
        "other columns "
        "({})",
        path_.string(), line_, table_.columns[column], shortened(text), flag_of(column));
  }

  const char* flag_of(std::size_t column) const {
    if (column < roles_.targets) return "--target";
    return column < roles_.targets + roles_.past_covariates ? "--past-covariates" : "--future-covariates";
  }

  void expect_certain_order() const {
    if (order_is_certain_) return;
    fail(
        "{}: the times of column \"{}\", as \"{}\", may be read as {} or as {}, and no value tells which: "
        "give "
        "--time-format",
        path_.string(), sample_.columns[roles_.time], sample_.rows[0][roles_.time], times_.pattern.format(),
        times_.other->format());
  }

  // Of columns that nobody chose: found to hold no number when all was read.
  void drop_columns_without_numbers() {
    std::vector<std::size_t> kept;
    for (std::size_t column = 0; column < columns(); ++column) {
      const std::string& name = table_.columns[column];
      const bool has_text = column < texts_.size() && !texts_[column].empty();
      if (has_text && has_number_[column])
        fail(
            "{}: column \"{}\" is {}, expected a number as on other lines: correct it, leave it empty, or "
            "choose "
            "other columns (--target)",
            path_.string(), name, texts_[column]);
      if (has_number_[column]) {
        kept.push_back(column);
        continue;
      }
      check(roles_.targets_were_found && column < roles_.targets,
            "{}: the column \"{}\" ({}) has no value in any row", path_.string(), name, flag_of(column));
      table_.notes.push_back(has_text ? fmt::format("left aside: column {} holds {}", name, texts_[column])
                                      : fmt::format("left aside: column {} has no value in any row", name));
    }
    if (kept.size() == columns()) return;
    table_.targets -= columns() - kept.size();
    check(table_.targets > 0, "{}: no column but the times holds numbers", path_.string());
    std::size_t end = 0;
    for (std::size_t row = 0; row < table_.times.size(); ++row) {
      for (const std::size_t column : kept) table_.values[end++] = table_.values[row * columns() + column];
    }
    table_.values.resize(end);
    for (std::size_t i = 0; i < kept.size(); ++i) table_.columns[i] = table_.columns[kept[i]];
    table_.columns.resize(kept.size());
  }

  void finish() {
    table_.text_columns = roles_.text_columns;
    table_.zone = options_.time_zone;
    table_.many_offsets = options_.time_zone.empty() && clock_.many_offsets();
    if (options_.time_zone.empty() && !clock_.many_offsets() && clock_.offset() != 0)
      table_.zone = offset_name(clock_.offset());
    table_.format = {.separator = sample_.separator,
                     .decimal = numbers_.decimal(),
                     .time_column = sample_.columns[roles_.time],
                     .id_column = options_.id,
                     .time_format = times_.pattern.format()};
  }

  const fs::path& path_;
  const Sample& sample_;
  const Roles& roles_;
  const PanelOptions& options_;
  FoundPattern times_;
  Clock clock_;
  NumberReader numbers_;
  bool order_is_certain_;

  RawTable table_;
  const std::vector<std::string>* row_ = nullptr;
  std::int64_t line_ = 0;
  std::vector<Time> previous_{first_time - seconds_a_day};  // of each series
  std::unordered_map<std::string, std::uint32_t> series_;
  std::uint32_t last_series_ = 0;
  std::vector<bool> has_number_;    // of each column
  std::vector<std::string> texts_;  // the first of each column, where it has one
};

}  // namespace

std::int64_t LineIndex::line(std::int64_t row) const {
  const auto after = std::upper_bound(jumps_.begin(), jumps_.end(), row,
                                      [](std::int64_t r, const Jump& jump) { return r < jump.row; });
  return row + std::prev(after)->offset;
}

RawTable read_raw(const fs::path& path, const Sample& sample, const Roles& roles,
                  const PanelOptions& options) {
  try {
    return RawReader(path, sample, roles, options, roles.times).read();
  } catch (const OtherOrder&) {
    return RawReader(path, sample, roles, options, {*roles.times.other, roles.times.pattern}).read();
  }
}

}  // namespace attune::series
