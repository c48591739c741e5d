#include "apps/attune/use/forecast_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "apps/attune/use/series_chart.h"
#include "attune/io/file.h"

namespace attune::command {
namespace {

// A level as users name it: p10, p97.5.
std::string percentile(double level) { return fmt::format("p{:g}", 100 * level); }

// Series before the forecast are shown as far as this many horizons go back.
constexpr std::int64_t shown_horizons = 3;

}  // namespace

std::vector<std::size_t> interval_levels(int per_cent) {
  std::vector<std::size_t> ends;
  for (const double level : {0.5 - per_cent / 200.0, 0.5 + per_cent / 200.0}) {
    const auto place = tasks::place_of_level(tasks::forecast_levels, level);
    if (!place) return {};
    ends.push_back(*place);
  }
  return ends[0] == ends[1] ? std::vector<std::size_t>{} : ends;
}

ForecastTable::ForecastTable(const tasks::ForecastData& data, series::TableFormat format,
                             std::int64_t horizon, std::span<const int> intervals)
    : data_(data), format_(std::move(format)), horizon_(horizon) {
  for (const int interval : intervals) {
    for (const std::size_t level : interval_levels(interval)) levels_.push_back(level);
  }
  text_ = field(format_.time_column);
  if (!format_.id_column.empty()) text_ += format_.separator + field(format_.id_column);
  for (std::int64_t c = 0; c < data.panel().targets; ++c) {
    const std::string& name = data.panel().columns[static_cast<std::size_t>(c)];
    text_ += format_.separator + field(name);
    for (const std::size_t level : levels_)
      text_ +=
          format_.separator + field(fmt::format("{}_{}", name, percentile(tasks::forecast_levels[level])));
  }
  text_ += '\n';
}

std::string ForecastTable::field(const std::string& text) const {
  if (text.find_first_of(std::string("\"\r\n") + format_.separator) == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string ForecastTable::number(double value) const {
  std::string text = fmt::format("{:.7g}", value);
  std::ranges::replace(text, '.', format_.decimal);
  return text;
}

void ForecastTable::add(std::span<const series::Window> windows, const tasks::Forecasts& forecasts) {
  const series::Panel& panel = data_.panel();
  const auto targets = static_cast<std::size_t>(panel.targets);
  const float* point = forecasts.point.data<float>();          // (B, H, C)
  const float* quantiles = forecasts.quantiles.data<float>();  // (B, H, C, Q)
  const std::size_t levels = tasks::forecast_levels.size();
  std::size_t at = 0;
  for (const series::Window& window : windows) {
    for (std::int64_t h = 0; h < horizon_; ++h) {
      text_ += field(series::format_time(panel.grid.at(window.target_step + h), panel.grid.zone(), format_));
      if (!format_.id_column.empty()) text_ += format_.separator + field(panel.spans[window.span].id);
      for (std::size_t c = 0; c < targets; ++c, ++at) {
        text_ += format_.separator + number(data_.scaler().original(point[at], c));
        for (const std::size_t level : levels_)
          text_ += format_.separator + number(data_.scaler().original(quantiles[at * levels + level], c));
      }
      text_ += '\n';
    }
  }
}

void ForecastTable::write(const std::filesystem::path& path) const {
  if (path.empty())
    std::fwrite(text_.data(), 1, text_.size(), stdout);
  else
    io::write_text_atomically(path, text_);
}

ForecastPicture::ForecastPicture(const tasks::ForecastData& data, std::int64_t context, std::int64_t horizon,
                                 int interval)
    : data_(data),
      past_(std::max(context, shown_horizons * horizon)),
      horizon_(horizon),
      interval_(interval) {}

void ForecastPicture::add(std::span<const series::Window> windows, const tasks::Forecasts& forecasts) {
  std::int64_t row = 0;
  for (const series::Window& window : windows) {
    const tasks::WindowForecast forecast = forecasts.at(row++);
    const std::int64_t first =
        std::max(data_.panel().spans[window.span].first_step, window.target_step - past_);
    for (std::int64_t c = 0; c < data_.panel().targets && charts_.size() < plot::most_charts; ++c) {
      SeriesChart chart(data_, window.span, static_cast<std::size_t>(c));
      chart.add_past(first, window.target_step);
      chart.add_forecast(window, forecast, interval_);
      charts_.push_back(chart.chart());
    }
  }
}

void ForecastPicture::draw(const std::string& title, const std::filesystem::path& path) const {
  plot::draw_forecasts(
      {.title = title, .band_title = fmt::format("{} % interval", interval_), .charts = charts_}, path);
}

}  // namespace attune::command
