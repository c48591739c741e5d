#include "attune/plot/forecast_chart.h"

#include <gmock/gmock.h>

#include <cmath>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::plot {
namespace {

ForecastChart chart(const std::string& title) {
  return {.title = title,
          .times = {0, 3600, 7200, 10800},
          .actual = {1, 2, NAN, NAN},
          .forecast = {NAN, NAN, 3, 4},
          .low = {NAN, NAN, 2, 2},
          .high = {NAN, NAN, 4, 6}};
}

TEST(DrawForecasts, DrawsEveryChartWithItsTitle) {
  const io::TestDirectory directory;
  const auto path = directory.path() / "chart.svg";
  draw_forecasts(
      {.title = "a town", .band_title = "80 % interval", .charts = {chart("load"), chart("heat 'x'")}}, path);
  const std::string picture = io::read_text(path);
  for (const char* text : {"a town", "load", "heat", "80 % interval", "forecast", "actual"})
    EXPECT_THAT(picture, ::testing::HasSubstr(text));
  draw_forecasts({.title = "one", .band_title = "band", .charts = {chart("load")}},
                 directory.path() / "chart.png");
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "chart.png"));
}

TEST(DrawForecasts, RefusesWhatItCannotDraw) {
  const io::TestDirectory directory;
  const auto path = directory.path() / "chart.svg";
  EXPECT_THROW(draw_forecasts({.title = "", .band_title = "", .charts = {}}, path), Error);
  ForecastChart bad = chart("load");
  bad.low.pop_back();
  EXPECT_THROW(draw_forecasts({.title = "", .band_title = "", .charts = {bad}}, path), Error);
  EXPECT_THROW(draw_forecasts({.title = "", .band_title = "", .charts = {chart("x")}}, "chart.bmp"),
               UsageError);
}

}  // namespace
}  // namespace attune::plot
