#include "attune/models/forecasting/forecast_config.h"

#include <array>
#include <set>
#include <utility>

#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

using Kind = ForecastHead::Kind;

constexpr std::array<std::pair<Kind, const char*>, 3> kinds{
    {{Kind::point, "point"}, {Kind::quantiles, "quantiles"}, {Kind::student_t, "student_t"}}};

// Windows and tables of embeddings are laid out in memory.
constexpr std::int64_t most_steps = 1 << 20, most_channels = 1 << 20, most_values = 1 << 20;

void read_calendar(const ConfigFields& fields, std::vector<CalendarField>& calendar) {
  if (!fields.has("calendar")) return;
  nlohmann::json list;
  fields.read("calendar", list);
  check(list.is_array(), "{}: \"calendar\" is {}, expected a list of fields with a name and a size",
        fields.path(), list.dump());
  calendar.clear();
  for (const nlohmann::json& item : list) {
    CalendarField field;
    const bool good = item.is_object() && item.contains("name") && item.contains("size") &&
                      io::read_json_value(item.at("name"), field.name) &&
                      io::read_json_value(item.at("size"), field.size);
    check(good, "{}: \"calendar\" has {}, expected {{\"name\": TEXT, \"size\": NUMBER}}", fields.path(),
          item.dump());
    calendar.push_back(std::move(field));
  }
}

void read_head(const ConfigFields& fields, ForecastHead& head) {
  if (!fields.has("head")) return;
  nlohmann::json object;
  fields.read("head", object);
  check(object.is_object() && object.contains("kind"), "{}: \"head\" is {}, expected an object with a kind",
        fields.path(), object.dump());
  std::string kind;
  const ConfigFields inside(object, fields.path() + ": \"head\"", "forecaster");
  inside.read("kind", kind);
  head = {};
  naming_file(inside.path(), [&] { head.kind = head_from_name(kind); });
  inside.read("quantiles", head.quantiles);
}

void validate_head(const ForecastHead& head) {
  if (head.kind != Kind::quantiles) {
    if (!head.quantiles.empty())
      fail_usage("{} quantiles are given for a {} head, expected none", head.quantiles.size(),
                 name_of(head.kind));
    return;
  }
  if (head.quantiles.empty()) fail_usage("quantiles are empty, expected levels between 0 and 1");
  double last = 0;
  for (const double level : head.quantiles) {
    if (!(level > last && level < 1))
      fail_usage("quantiles have {} after {}, expected rising levels between 0 and 1", level, last);
    last = level;
  }
}

}  // namespace

std::int64_t ForecastHead::outputs() const {
  switch (kind) {
    case Kind::point:
      return 1;
    case Kind::quantiles:
      return static_cast<std::int64_t>(quantiles.size());
    case Kind::student_t:
      return 3;
  }
  fail("a forecast head of no known kind");
}

void naming_file(const std::string& path, const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with(path)) throw;
    fail("{}: {}", path, message);
  }
}

std::string_view name_of(Kind kind) {
  for (const auto& [known, name] : kinds) {
    if (known == kind) return name;
  }
  fail("a forecast head of no known kind");
}

Kind head_from_name(std::string_view name) {
  for (const auto& [kind, known] : kinds) {
    if (known == name) return kind;
  }
  fail_usage("the head's kind is \"{}\", expected point, quantiles or student_t", name);
}

void read_forecast(const ConfigFields& fields, ForecastSizes& sizes, ForecastHead& head,
                   const ForecastNames& names) {
  std::int64_t channels = sizes.channels(), targets = channels;
  fields.read(names.context, sizes.context);
  fields.read(names.horizon, sizes.horizon);
  fields.read(names.channels, channels);
  targets = channels;
  fields.read(names.targets, targets);
  check(targets >= 1 && targets <= channels,
        "{}: \"{}\" is {}, expected 1 .. {}: the targets are the first of the channels (\"{}\")",
        fields.path(), names.targets, targets, channels, names.channels);
  sizes.targets = targets;
  sizes.past_covariates = channels - targets;
  fields.read("future_covariates", sizes.future_covariates);
  read_calendar(fields, sizes.calendar);
  read_head(fields, head);
  naming_file(fields.path(), [&] { validate_forecast(sizes, head, names); });
}

void write_forecast(const ForecastSizes& sizes, const ForecastHead& head, nlohmann::ordered_json& object,
                    const ForecastNames& names) {
  object[names.context] = sizes.context;
  object[names.horizon] = sizes.horizon;
  object[names.channels] = sizes.channels();
  object[names.targets] = sizes.targets;
  object["future_covariates"] = sizes.future_covariates;
  object["calendar"] = nlohmann::ordered_json::array();
  for (const CalendarField& field : sizes.calendar)
    object["calendar"].push_back({{"name", field.name}, {"size", field.size}});
  object["head"] = {{"kind", name_of(head.kind)}};
  if (head.kind == Kind::quantiles) object["head"]["quantiles"] = head.quantiles;
}

void validate_forecast(const ForecastSizes& sizes, const ForecastHead& head, const ForecastNames& names) {
  const auto within = [](const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value < least || value > most) fail_usage("{} is {}, expected {} .. {}", name, value, least, most);
  };
  within(names.context, sizes.context, 1, most_steps);
  within(names.horizon, sizes.horizon, 1, most_steps);
  within(names.targets, sizes.targets, 1, most_channels);
  within("past_covariates", sizes.past_covariates, 0, most_channels);
  within("future_covariates", sizes.future_covariates, 0, most_channels);
  std::set<std::string> seen;
  for (const CalendarField& field : sizes.calendar) {
    if (field.name.empty() || !seen.insert(field.name).second)
      fail_usage("calendar has the field \"{}\" twice or without a name", field.name);
    within(("calendar field " + field.name).c_str(), field.size, 1, most_values);
  }
  validate_head(head);
}

}  // namespace attune::models
