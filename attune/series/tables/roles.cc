#include "attune/series/tables/roles.h"

#include <algorithm>
#include <unordered_map>

#include "attune/base/error.h"
#include "attune/series/tables/number_reader.h"
#include "attune/series/tables/shortened.h"
#include "attune/text/tables/columns.h"

namespace attune::series {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view time_words[] = {"date", "time", "stamp", "datum", "zeit",  "fecha",  "jour",
                                           "日期", "时间", "日時",  "時刻",  "month", "quarter"};
constexpr std::string_view time_names[] = {"ds",   "ts",    "day", "year", "period", "week", "hour", "index",
                                           "jahr", "monat", "tag", "t",    "年",     "月",   ""};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return result;
}

bool is_named_like_time(std::string_view name) {
  const std::string lowered = lower(name);
  return std::any_of(std::begin(time_words), std::end(time_words),
                     [&](std::string_view word) { return lowered.find(word) != std::string::npos; }) ||
         std::find(std::begin(time_names), std::end(time_names), lowered) != std::end(time_names);
}

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", shortened(text)); }

// A format that all values have, or one of the first value that at least half of them have: then reading
// says which do not.
std::optional<FoundPattern> pattern_of(const std::vector<std::string>& values, bool may_be_number) {
  if (values.empty()) return std::nullopt;
  if (auto found = find_pattern(values, may_be_number)) return found;
  auto found = find_pattern({values.front()}, may_be_number);
  if (!found) return std::nullopt;
  const auto fitting = std::count_if(values.begin(), values.end(), [&](const auto& value) {
    return found->pattern.parse(value).has_value();
  });
  if (2 * static_cast<std::size_t>(fitting) < values.size()) return std::nullopt;
  return found;
}

bool all_missing(const Sample& sample, std::size_t column) { return sample.values(column).empty(); }

class RoleFinder {
 public:
  RoleFinder(const fs::path& path, const Sample& sample, const PanelOptions& options)
      : path_(path), sample_(sample), options_(options) {
    for (std::size_t i = 0; i < sample.columns.size(); ++i) places_.emplace(sample.columns[i], i);
    taken_.resize(sample.columns.size());
  }

  Roles find() {
    Roles roles = find_times();
    if (!options_.id.empty()) roles.id = take(options_.id, "--id");
    const std::vector<std::size_t> targets = take_all(options_.targets, "--target");
    const std::vector<std::size_t> past = take_all(options_.past_covariates, "--past-covariates");
    const std::vector<std::size_t> future = take_all(options_.future_covariates, "--future-covariates");
    roles.numbers = targets.empty() ? find_targets(roles) : targets;
    roles.targets_were_found = targets.empty();
    roles.targets = roles.numbers.size();
    roles.past_covariates = past.size();
    roles.future_covariates = future.size();
    roles.numbers.insert(roles.numbers.end(), past.begin(), past.end());
    roles.numbers.insert(roles.numbers.end(), future.begin(), future.end());
    return roles;
  }

 private:
  std::size_t take(const std::string& name, const char* flag) {
    const auto found = places_.find(name);
    if (found == places_.end())
      fail("{}: there is no column \"{}\" ({}); its columns are {}", path_.string(), name, flag,
           text::list_names(sample_.columns));
    if (!taken_[found->second].empty())
      fail_usage("{} names the column \"{}\", which {} names already: a column has one role", flag, name,
                 taken_[found->second]);
    taken_[found->second] = flag;
    return found->second;
  }

  std::vector<std::size_t> take_all(const std::vector<std::string>& names, const char* flag) {
    std::vector<std::size_t> places;
    for (const std::string& name : names) places.push_back(take(name, flag));
    return places;
  }

  Roles find_times() {
    if (!options_.time_format.empty() && options_.time.empty())
      return find_times_of(TimePattern(options_.time_format));
    if (options_.time.empty()) return guess_times();
    const std::size_t time = take(options_.time, "--time");
    if (!options_.time_format.empty())
      return roles_of(time, {TimePattern(options_.time_format), std::nullopt});
    const std::vector<std::string> values = sample_.values(time);
    check(!values.empty(), "{}: the column \"{}\" (--time) is empty", path_.string(), options_.time);
    auto found = pattern_of(values, /*may_be_number=*/true);
    check(found.has_value(),
          "{}: the column \"{}\" (--time) begins with {}, which is no time in a format that is found by "
          "itself: "
          "give it by --time-format, as \"%d.%m.%Y %H:%M\"",
          path_.string(), options_.time, in_quotes(values.front()));
    return roles_of(time, std::move(*found));
  }

  Roles roles_of(std::size_t time, FoundPattern pattern) const {
    return {
        .time = time, .id = {}, .numbers = {}, .text_columns = {}, .times = std::move(pattern), .notes = {}};
  }

  Roles find_times_of(const TimePattern& pattern) {
    for (std::size_t i = 0; i < sample_.columns.size(); ++i) {
      const std::vector<std::string> values = sample_.values(i);
      if (sample_.columns[i] == options_.id || values.empty() || !pattern.parse(values.front())) continue;
      taken_[i] = "--time";
      return roles_of(i, {pattern, std::nullopt});
    }
    fail("{}: no column holds times as \"{}\" (--time-format); its columns begin with {}", path_.string(),
         options_.time_format, first_values());
  }

  Roles guess_times() {
    struct Candidate {
      int rank;
      std::size_t column;
      FoundPattern pattern;
    };
    std::optional<Candidate> best;
    std::vector<std::string> others;
    for (std::size_t i = 0; i < sample_.columns.size(); ++i) {
      const std::string& name = sample_.columns[i];
      if (has_role(name)) continue;
      const bool named = is_named_like_time(name);
      const std::vector<std::string> values = sample_.values(i);
      auto pattern = pattern_of(values, named || i == 0);
      if (!pattern) continue;
      double number = 0;
      const bool is_number = NumberReader(sample_.separator).read(values.front(), number) == Cell::number;
      if (is_number && !named && !increases(*pattern, values)) continue;
      const int rank = (is_number ? 0 : 2) + (named ? 1 : 0);
      if (!is_number) others.push_back(name);
      if (!best || rank > best->rank) best.emplace(Candidate{rank, i, std::move(*pattern)});
    }
    check(
        best.has_value(),
        "{}: no column holds times; its columns begin with {}: name the column by --time, and its format by "
        "--time-format where it is not found",
        path_.string(), first_values());
    taken_[best->column] = "--time";
    Roles roles = roles_of(best->column, std::move(best->pattern));
    std::erase(others, sample_.columns[best->column]);
    if (!others.empty())
      roles.notes.push_back(
          fmt::format("other columns hold times too: {} (--time chooses)", text::list_names(others)));
    return roles;
  }

  // A column of mere numbers that nothing calls times must at least look like them.
  static bool increases(const FoundPattern& found, const std::vector<std::string>& values) {
    Time before = first_time - 1;
    for (const std::string& value : values) {
      const auto stamp = found.pattern.parse(value);
      if (!stamp || stamp->local <= before) return false;
      before = stamp->local;
    }
    return values.size() > 1 && found.pattern.format() != "%Y";
  }

  bool has_role(const std::string& name) const {
    const auto in = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    return (!name.empty() && name == options_.id) || in(options_.targets) || in(options_.past_covariates) ||
           in(options_.future_covariates);
  }

  std::string first_values() const {
    std::string text;
    constexpr std::size_t most = 10;
    for (std::size_t i = 0; i < std::min(most, sample_.columns.size()); ++i)
      text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", in_quotes(sample_.columns[i]),
                          in_quotes(sample_.rows[0][i]));
    if (sample_.columns.size() > most) text += fmt::format(" and {} more", sample_.columns.size() - most);
    return text;
  }

  // Every column of numbers that is left: more than half of the values that are there, so that a word among
  // numbers is found and not the column left aside.
  std::vector<std::size_t> find_targets(Roles& roles) const {
    std::vector<std::size_t> targets;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < sample_.columns.size(); ++i) {
      if (!taken_[i].empty()) continue;
      if (sample_.columns[i].empty()) {
        texts.push_back(fmt::format("column {} (no name)", i + 1));
      } else if (all_missing(sample_, i) || is_number(i)) {
        targets.push_back(i);
      } else {
        roles.text_columns.push_back(sample_.columns[i]);
        texts.push_back(
            fmt::format("{} ({})", in_quotes(sample_.columns[i]), in_quotes(sample_.values(i).front())));
      }
    }
    constexpr std::size_t most = 20;
    if (!texts.empty()) {
      std::string note = "left aside, as they are not numbers: ";
      for (std::size_t i = 0; i < std::min(most, texts.size()); ++i) note += (i == 0 ? "" : ", ") + texts[i];
      if (texts.size() > most) note += fmt::format(" and {} more", texts.size() - most);
      roles.notes.push_back(note);
    }
    check(!targets.empty(), "{}: no column but the times holds numbers; its columns begin with {}",
          path_.string(), first_values());
    return targets;
  }

  bool is_number(std::size_t column) const {
    NumberReader reader(sample_.separator);
    std::size_t numbers = 0, values = 0;
    for (const std::vector<std::string>& row : sample_.rows) {
      double number = 0;
      const Cell cell = reader.read(row[column], number);
      if (cell == Cell::missing) continue;
      ++values;
      numbers += cell == Cell::text ? 0 : 1;
    }
    return 2 * numbers > values;
  }

  const fs::path& path_;
  const Sample& sample_;
  const PanelOptions& options_;
  std::unordered_map<std::string_view, std::size_t> places_;
  std::vector<std::string> taken_;  // by which flag
};

}  // namespace

Roles find_roles(const fs::path& path, const Sample& sample, const PanelOptions& options) {
  return RoleFinder(path, sample, options).find();
}

}  // namespace attune::series
