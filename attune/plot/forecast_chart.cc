#include "attune/plot/forecast_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attune/base/error.h"
#include "attune/plot/gnuplot.h"
#include "attune/plot/label.h"

namespace attune::plot {
namespace {

constexpr double width = 1000, chart_height = 240, title_height = 50, time_height = 40;  // pixels
constexpr double left = 90, right = 20;                                                  // margins
constexpr double text_size = 14, title_size = 18;

void check_chart(const ForecastChart& chart) {
  const std::size_t count = chart.times.size();
  check(count > 1, "a chart of {} times, expected at least 2", count);
  for (const auto* values : {&chart.actual, &chart.forecast, &chart.low, &chart.high})
    check(values->empty() || values->size() == count, "a chart has {} values and {} times", values->size(),
          count);
}

// How gnuplot writes times that lie `seconds` apart from the first to the last.
const char* time_format(std::int64_t seconds) {
  constexpr std::int64_t day = 86400;
  if (seconds < 2 * day) return "%H:%M\\n%b %d";
  if (seconds < 365 * day) return "%b %d\\n%Y";
  if (seconds < 3650 * day) return "%b\\n%Y";
  return "%Y";
}

std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.10g}", value) : "NaN"; }

double value_at(const std::vector<double>& values, std::size_t i) {
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : values[i];
}

class Script {
 public:
  Script(const ForecastCharts& charts, PictureFormat format)
      : charts_(charts),
        unit_(font_unit(format)),
        height_(title_height + time_height + chart_height * static_cast<double>(charts.charts.size())) {}

  double height() const { return height_; }

  std::string write() {
    add("set border 3 lw 0.5 lc '#808080'\nset tics nomirror font ',{:.2f}'\nset grid lw 0.5 lc '#e0e0e0'\n",
        text_size * unit_);
    add("set autoscale xfix\nset xdata time\nset timefmt '%s'\nset datafile missing 'NaN'\nset style fill "
        "solid noborder\n");
    add("set label 1 {} at screen 0.5,{:.6f} center font ',{:.2f}' noenhanced\n",
        gnuplot_string(visible(charts_.title)), 1 - title_height / 2 / height_, title_size * unit_);
    add("set multiplot\n");
    for (std::size_t i = 0; i < charts_.charts.size(); ++i) write_chart(i);
    add("unset multiplot\n");
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  static std::string visible(const std::string& text) {
    std::string shown = visible_label(text, 100);
    const std::string space = "␣";
    for (std::size_t at = 0; (at = shown.find(space, at)) != std::string::npos;)
      shown.replace(at, space.size(), " ");
    return shown;
  }

  void write_chart(std::size_t index) {
    const ForecastChart& chart = charts_.charts[index];
    const bool last = index + 1 == charts_.charts.size();
    const double top = height_ - title_height - chart_height * static_cast<double>(index);
    add("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\nset tmargin at screen {:.6f}\n"
        "set bmargin at screen {:.6f}\n",
        left / width, 1 - right / width, (top - 28) / height_, (top - chart_height + 14) / height_);
    if (index == 1) add("unset label 1\n");
    add("set label 2 {} at graph 0,1 offset 0,0.6 left font ',{:.2f}' noenhanced\n",
        gnuplot_string(visible(chart.title)), text_size * unit_);
    add("set format x \"{}\"\n", last ? time_format(chart.times.back() - chart.times.front()) : "");
    if (index == 0)
      add("set key at screen {:.6f},{:.6f} right top horizontal font ',{:.2f}'\n", 1 - right / width,
          (top - 2) / height_, text_size * unit_);
    else
      add("unset key\n");
    write_data(chart);
    add("plot $data using 1:4:5 with filledcurves lc '#9ecae1' title {}, "
        "$data using 1:2 with lines lw 1.2 lc '#404040' title 'actual', "
        "$data using 1:3 with lines lw 1.6 lc '#08519c' title 'forecast'\n",
        gnuplot_string(visible(charts_.band_title)));
  }

  void write_data(const ForecastChart& chart) {
    add("$data << EOD\n");
    for (std::size_t i = 0; i < chart.times.size(); ++i)
      add("{} {} {} {} {}\n", chart.times[i], number(value_at(chart.actual, i)),
          number(value_at(chart.forecast, i)), number(value_at(chart.low, i)),
          number(value_at(chart.high, i)));
    add("EOD\n");
  }

  const ForecastCharts& charts_;
  double unit_, height_;
  std::string text_;
};

}  // namespace

void draw_forecasts(const ForecastCharts& charts, const std::filesystem::path& path) {
  const PictureFormat format = picture_format(path);
  check(!charts.charts.empty() && charts.charts.size() <= most_charts, "{} charts, expected 1 to {}",
        charts.charts.size(), most_charts);
  for (const ForecastChart& chart : charts.charts) check_chart(chart);
  Script script(charts, format);
  const std::string text = script.write();
  draw(text, {width, script.height(), text_size}, path);
}

}  // namespace attune::plot
