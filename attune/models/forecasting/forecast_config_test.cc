#include "attune/models/forecasting/forecast_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "attune/models/config_fields.h"

namespace attune::models {
namespace {

using ::testing::HasSubstr;

struct Read {
  ForecastSizes sizes;
  ForecastHead head;
};

Read read(const nlohmann::json& object) {
  Read result;
  read_forecast(ConfigFields(object, "dir/config.json", "forecaster"), result.sizes, result.head);
  return result;
}

std::string refusal(const std::string& json) {
  try {
    read(nlohmann::json::parse(json));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ForecastConfig, ReadsWhatItWrites) {
  const ForecastSizes sizes{.context = 48,
                            .horizon = 12,
                            .targets = 3,
                            .past_covariates = 2,
                            .future_covariates = 4,
                            .calendar = {{"hour", 24}, {"weekday", 7}}};
  const ForecastHead head{ForecastHead::Kind::quantiles, {0.1, 0.5, 0.9}};
  nlohmann::ordered_json object;
  write_forecast(sizes, head, object);
  EXPECT_EQ(object["enc_in"], 5);
  const Read got = read(nlohmann::json::parse(object.dump()));
  EXPECT_EQ(got.sizes.context, 48);
  EXPECT_EQ(got.sizes.horizon, 12);
  EXPECT_EQ(got.sizes.targets, 3);
  EXPECT_EQ(got.sizes.past_covariates, 2);
  EXPECT_EQ(got.sizes.future_covariates, 4);
  ASSERT_EQ(got.sizes.calendar.size(), 2U);
  EXPECT_EQ(got.sizes.calendar[1].name, "weekday");
  EXPECT_EQ(got.sizes.calendar[1].size, 7);
  EXPECT_EQ(got.head.kind, head.kind);
  EXPECT_EQ(got.head.quantiles, head.quantiles);
  EXPECT_EQ(got.head.outputs(), 3);
}

TEST(ForecastConfig, AllChannelsAreTargetsUnlessToldOtherwise) {
  EXPECT_EQ(read({{"enc_in", 7}}).sizes.targets, 7);
  EXPECT_EQ(read({{"head", {{"kind", "student_t"}}}}).head.outputs(), 3);
  EXPECT_EQ(read(nlohmann::json::object()).head.outputs(), 1);
}

TEST(ForecastConfig, RefusesByFileAndField) {
  EXPECT_THAT(refusal(R"({"seq_len": 0})"), HasSubstr("dir/config.json: seq_len is 0"));
  EXPECT_THAT(refusal(R"({"pred_len": 1.5})"), HasSubstr("\"pred_len\" is 1.5, which has the wrong type"));
  EXPECT_THAT(refusal(R"({"enc_in": 2, "c_out": 3})"), HasSubstr("\"c_out\" is 3, expected 1 .. 2"));
  EXPECT_THAT(refusal(R"({"calendar": "hour"})"), HasSubstr("\"calendar\" is \"hour\""));
  EXPECT_THAT(refusal(R"({"calendar": [{"name": "hour"}]})"), HasSubstr("\"calendar\" has"));
  EXPECT_THAT(refusal(R"({"calendar": [{"name": "hour", "size": 0}]})"),
              HasSubstr("calendar field hour is 0"));
  EXPECT_THAT(refusal(R"({"head": {"kind": "gauss"}})"), HasSubstr("\"gauss\", expected point"));
  EXPECT_THAT(refusal(R"({"head": 3})"), HasSubstr("\"head\" is 3"));
  EXPECT_THAT(refusal(R"({"head": {"kind": "quantiles", "quantiles": [0.5, 0.5]}})"),
              HasSubstr("quantiles have 0.5 after 0.5"));
  EXPECT_THAT(refusal(R"({"head": {"kind": "point", "quantiles": [0.5]}})"),
              HasSubstr("for a point head, expected none"));
}

}  // namespace
}  // namespace attune::models
