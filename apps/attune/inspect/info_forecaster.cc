// attune info of forecasters.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/attune/inspect/info.h"
#include "apps/attune/use/loaded_forecaster.h"
#include "attune/models/config_fields.h"

namespace attune::command {
namespace {

void print(const char* name, const std::string& value) { fmt::print("  {:<18} {}\n", name, value); }

std::string names(const std::vector<std::string>& columns) {
  constexpr std::size_t most = 12;
  if (columns.empty()) return "none";
  const std::vector<std::string> first(
      columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(std::min(columns.size(), most)));
  const std::string more = columns.size() > most ? fmt::format(" and {} more", columns.size() - most) : "";
  return fmt::format("{}{}", fmt::join(first, ", "), more);
}

std::string head_text(const models::ForecastHead& head) {
  switch (head.kind) {
    case models::ForecastHead::Kind::point:
      return "one value";
    case models::ForecastHead::Kind::quantiles:
      return fmt::format("quantiles {}", fmt::join(head.quantiles, ", "));
    case models::ForecastHead::Kind::student_t:
      return "a Student-t distribution";
  }
  return "";
}

std::string day(series::Time time, const std::string& zone) {
  return series::format_time(time, zone, {.time_format = "%Y-%m-%d %H:%M"});
}

}  // namespace

void describe_forecaster(const InfoOptions& options) {
  const LoadedForecaster loaded = load_forecaster_for_use(options.directory);
  const models::ForecastSizes& sizes = loaded.model->sizes();
  const series::Processor& processor = loaded.processor;
  const series::Frequency frequency = series::frequency_from_name(processor.table.frequency);
  fmt::print("{}: {}, {} parameters\n", options.directory, models::read_model_type(options.directory),
             loaded.model->parameters().count());
  print("looks at", fmt::format("{} rows, {} apart", sizes.context, series::in_words(frequency)));
  print("forecasts",
        fmt::format("{} rows at once, of each {}", sizes.horizon, head_text(loaded.model->head())));
  print("targets", names(processor.table.targets));
  print("past covariates", names(processor.table.past_covariates));
  print("future covariates", names(processor.table.future_covariates));
  std::vector<std::string> calendar;
  for (const auto& field : sizes.calendar) calendar.push_back(field.name);
  print("calendar", names(calendar));
  if (!processor.holidays.empty()) print("holidays", processor.holidays);
  const std::string& zone = processor.table.time_zone;
  if (!zone.empty()) print("time zone", zone);
  const series::Periods& periods = processor.periods;
  print("trained on", fmt::format("{} to {}", day(periods.train, zone), day(periods.valid, zone)));
  print("validated on", fmt::format("{} to {}", day(periods.valid, zone), day(periods.test, zone)));
  print("to be tested on", fmt::format("{} to {}", day(periods.test, zone), day(periods.end, zone)));
  print("intervals", loaded.calibration.is_empty() ? "not calibrated" : "calibrated on the validation part");
  if (!options.shapes) return;
  fmt::print("\nparameters\n");
  for (const nn::Parameter& parameter : loaded.model->parameters().all())
    fmt::print("  {:<60} {}\n", parameter.name, parameter.tensor.shape());
}

}  // namespace attune::command
