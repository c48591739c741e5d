// DLinear against the Time-Series-Library: tests/goldens/make_tsl_linear.py made what is expected.
#include "attune/models/dlinear/dlinear.h"

#include <fstream>

#include "attune/io/test_directory.h"
#include "tests/models/forecast_golden.h"

namespace attune::models {
namespace {

using testing::Golden;

std::filesystem::path directory_of(const std::string& name) {
  return testing::golden_directory("tsl_linear", name);
}

TEST(DLinear, ForecastsLossAndGradients) {
  for (const char* name : {"dlinear", "dlinear_individual"}) {
    const auto model = load_dlinear(directory_of(name));
    const Golden golden(directory_of(name));
    testing::expect_forecast(*model, golden, 2e-5);
    testing::expect_gradients(*model, golden, 5e-5);
  }
}

TEST(DLinear, TenAdamWSteps) {
  for (const char* name : {"dlinear", "dlinear_individual"})
    testing::expect_adamw(*load_dlinear(directory_of(name)), Golden(directory_of(name)));
}

TEST(DLinear, SavingGivesBackEveryTensorBitForBit) {
  const io::TestDirectory directory;
  for (const char* name : {"dlinear", "dlinear_individual"}) {
    load_dlinear(directory_of(name))->save(directory.path());
    testing::expect_same_tensors(directory_of(name), directory.path());
    testing::expect_forecast(*load_dlinear(directory.path()), Golden(directory_of(name)), 2e-5);
  }
}

TEST(DLinear, StartsAsTheMeanOfThePast) {
  DLinearConfig config;
  config.sizes = {.context = 8, .horizon = 3, .targets = 2};
  const DLinear model(config);
  Generator generator{.seed = 1};
  model.initialize(generator);
  for (const float weight : model.parameters().at("trend.weight").tensor.to_vector<float>())
    EXPECT_FLOAT_EQ(weight, 1 / 8.0F);
  double largest = 0;
  for (const float bias : model.parameters().at("seasonal.bias").tensor.to_vector<float>())
    largest = std::max<double>(largest, std::abs(bias));
  EXPECT_GT(largest, 0);
  EXPECT_LE(largest, 1 / std::sqrt(8.0));
}

TEST(DLinear, NormalisedForecastsFollowTheLevelOfTheWindow) {
  DLinearConfig config;
  config.sizes = {.context = 8, .horizon = 3, .targets = 2};
  config.use_norm = true;
  config.head = {.kind = ForecastHead::Kind::quantiles, .quantiles = {0.2, 0.5}};
  const DLinear model(config);
  Generator generator{.seed = 1};
  model.initialize(generator);
  testing::expect_forecasts_move_with_the_past(model,
                                               testing::inputs_of(random_normal({2, 8, 2}, 0, 1, generator)));
}

TEST(DLinear, RefusesByNameWhatItDoesNotHave) {
  const io::TestDirectory directory;
  for (const auto& [fields, message] : std::vector<std::pair<std::string, std::string>>{
           {R"("model_type": "informer")", "model_type"},
           {R"("moving_avg": 4)", "moving_avg is 4"},
           {R"("enc_in": 3, "c_out": 2)", "past covariates (1 given)"},
           {R"("future_covariates": 2)", "future covariates (2 given)"},
           {R"("enc_in": 100000, "individual": true)", "100000 targets"},
           {R"("seq_len": 0)", "seq_len is 0"}}) {
    std::ofstream(directory.path() / "config.json") << "{" << fields << "}";
    try {
      read_dlinear_config(directory.path());
      ADD_FAILURE() << fields;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("config.json")) << fields;
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message)) << fields;
    }
  }
}

}  // namespace
}  // namespace attune::models
