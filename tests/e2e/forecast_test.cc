// Forecasting from the command line: a table of one's own in, dated rows out.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> fields_of(const std::string& line, char separator = ',') {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

class Forecast : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("power.csv", table(0, 400));
  }

  static double load(int hour) { return 100 + 20 * std::sin(2 * M_PI * hour / 24) + 0.01 * hour; }
  static double heat(int hour) { return 5 - 3 * std::cos(2 * M_PI * hour / 24); }
  static std::string time(int hour) {
    return fmt::format("2021-03-{:02} {:02}:00", 1 + hour / 24, hour % 24);
  }

  // Hours from 2021-03-01 on, which stay in March and April for up to 31 days.
  static std::string table(int first, int count) {
    std::string text = "date,load,heat\n";
    for (int hour = first; hour < first + count; ++hour)
      text += fmt::format("{},{:.3f},{:.3f}\n", time(hour), load(hour), heat(hour));
    return text;
  }

  std::string small() const { return "--context 48 --horizon 12 --batch-size 16 "; }
  void learn(const std::string& more = "--model dlinear") const {
    const Outcome trained = attune("train forecast --data power.csv --out run " + small() + more);
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
  }
  nlohmann::json evaluate(const std::string& more = "") const {
    const Outcome done = attune("eval run --data power.csv --json " + more);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return nlohmann::json::parse(done.out);
  }
};

TEST_F(Forecast, ContinuesATableInItsOwnUnitsAndDates) {
  learn();
  const Outcome done = attune("forecast run --data power.csv --out future.csv --plot future.png");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_TRUE(exists("future.png"));
  const auto lines = lines_of(read("future.csv"));
  ASSERT_EQ(lines.size(), 13U);
  EXPECT_EQ(lines[0], "date,load,load_p10,load_p90,heat,heat_p10,heat_p90");
  for (int h = 0; h < 12; ++h) {
    const auto fields = fields_of(lines[static_cast<std::size_t>(h) + 1]);
    ASSERT_EQ(fields.size(), 7U);
    EXPECT_EQ(fields[0], time(400 + h));
    EXPECT_NEAR(std::stod(fields[1]), load(400 + h), 4);
    EXPECT_LE(std::stod(fields[2]), std::stod(fields[3]));
    EXPECT_NEAR(std::stod(fields[4]), heat(400 + h), 1);
  }
}

TEST_F(Forecast, GoesOnFromItsOwnForecastsForLongerHorizons) {
  learn();
  const Outcome done = attune("forecast run --data power.csv --horizon 30");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("30 steps are more than the 12"));
  const auto lines = lines_of(done.out);
  ASSERT_EQ(lines.size(), 31U);
  EXPECT_NEAR(std::stod(fields_of(lines[30])[1]), load(429), 6);
  // The first twelve are what one pass gives.
  const auto once = lines_of(attune("forecast run --data power.csv").out);
  EXPECT_EQ(std::vector(lines.begin(), lines.begin() + 13), once);
}

TEST_F(Forecast, MeasuresEveryWindowBesideBaselines) {
  learn();
  const auto report = evaluate();
  EXPECT_EQ(report["part"], "test");
  EXPECT_EQ(report["windows"], 80 - 12 + 1);  // a fifth of 400 hours
  EXPECT_LT(report["mse"], report["baselines"]["last"]["mse"]);
  EXPECT_EQ(report["by_step"].size(), 12U);
  ASSERT_EQ(report["by_series"].size(), 2U);
  EXPECT_EQ(report["by_series"][1]["target"], "heat");
  double mean = 0;
  for (const auto& step : report["by_step"]) mean += step["mse"].get<double>() / 12;
  EXPECT_NEAR(mean, report["mse"], 1e-9);
  for (const char* name :
       {"mae", "rmse", "mase", "pinball", "coverage", "original.mse", "original.mape", "original.smape"})
    EXPECT_TRUE(report.contains(name)) << name;
  EXPECT_EQ(evaluate("--rolling")["windows"], 80 / 12);
  EXPECT_EQ(evaluate("--horizon 20")["by_step"].size(), 20U);
  const Outcome text = attune("eval run --data power.csv --plot back.svg");
  EXPECT_THAT(text.out, AllOf(HasSubstr("seasonal"), HasSubstr("heat"), HasSubstr("2021-03-14")));
  EXPECT_TRUE(exists("back.svg"));
  // A file that begins later is measured whole.
  write("later.csv", table(500, 100));
  EXPECT_EQ(nlohmann::json::parse(attune("eval run --data later.csv --json").out)["windows"],
            100 - 48 - 12 + 1);
}

TEST_F(Forecast, IsTheSameForASeedAndIsResumed) {
  const std::string sizes = "--model itransformer --width 16 --heads 2 --lr-scheduler-type constant ";
  learn(sizes + "--num-train-epochs 2");
  const std::string weights = read("run/model.safetensors");
  const std::string options = small() + sizes;
  ASSERT_EQ(attune("train forecast --data power.csv --out again --num-train-epochs 2 " + options).exit_code,
            0);
  EXPECT_EQ(read("again/model.safetensors"), weights);
  ASSERT_EQ(attune("train forecast --data power.csv --out half --max-steps 7 " + options).exit_code, 0);
  ASSERT_EQ(attune("train forecast --out half --resume --num-train-epochs 2").exit_code, 0);
  EXPECT_EQ(read("half/model.safetensors"), weights);
}

TEST_F(Forecast, EveryFamilyLearnsAndForecasts) {
  for (const char* model :
       {"patchtst --width 16 --heads 2 --layers 1", "itransformer --width 16 --heads 2",
        "transformer --width 16 --heads 2 --layers 1",
        "transformer --width 16 --heads 2 --layers 1 --decoding autoregressive --embed learned "
        "--instance-norm",
        "transformer --width 16 --heads 2 --layers 1 --value-embedding linear --temporal-embedding "
        "concatenate",
        "informer --width 16 --heads 2",
        "informer --width 16 --heads 2 --factor 1 --no-distilling --value-embedding conv1 --instance-norm",
        "dlinear", "dlinear --instance-norm"}) {
    SCOPED_TRACE(model);
    const Outcome trained = attune("train forecast --data power.csv --out run --overwrite-output-dir " +
                                   small() + "--max-steps 6 --model " + model);
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const Outcome done = attune("forecast run --data power.csv --horizon 15 --interval 50,95");
    ASSERT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(lines_of(done.out).size(), 16U);
    EXPECT_THAT(lines_of(done.out)[0], HasSubstr("load_p25,load_p75,load_p2.5,load_p97.5"));
    EXPECT_EQ(evaluate()["windows"], 69);
    EXPECT_THAT(attune("info run").out, HasSubstr("load, heat"));
  }
}

TEST_F(Forecast, FlagsAndRecipesSayWhatTheBlocksAre) {
  learn(
      "--model informer --width 16 --heads 2 --max-steps 1 --factor 2 --no-distilling --value-embedding "
      "linear --temporal-embedding concatenate --instance-norm");
  const auto expect_blocks = [&](const std::string& directory, bool distil) {
    const auto config = nlohmann::json::parse(read(directory + "/config.json"));
    EXPECT_EQ(config["factor"], 2);
    EXPECT_EQ(config["distil"], distil);
    EXPECT_EQ(config["value_embedding"], "linear");
    EXPECT_EQ(config["concatenate_temporal"], true);
    EXPECT_EQ(config["use_norm"], true);
  };
  expect_blocks("run", false);
  ASSERT_EQ(attune("train forecast --config run/training_config.json --distilling --out again").exit_code, 0);
  expect_blocks("again", true);
}

TEST_F(Forecast, HeadsSayHowSureTheyAre) {
  for (const char* head : {"quantiles", "student_t", "quantiles --quantiles 0.9,0.1,0.5"}) {
    SCOPED_TRACE(head);
    const Outcome trained = attune(
        "train forecast --data power.csv --out run --overwrite-output-dir --model itransformer --width 16 "
        "--heads 2 --num-train-epochs 3 " +
        small() + "--head " + head);
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const auto report = evaluate();
    EXPECT_GT(report["coverage"], 0.4);
    EXPECT_LT(report["mse"], report["baselines"]["last"]["mse"]);
  }
}

TEST_F(Forecast, ShowsWhatItLookedAt) {
  learn("--model itransformer --width 16 --heads 2 --max-steps 5");
  ASSERT_EQ(attune("attention run --data power.csv --out map.json").exit_code, 0);
  const auto map = nlohmann::json::parse(read("map.json"));
  EXPECT_EQ(map["source_tokens"][1], "heat");
  double sum = 0;
  for (const auto& weight : map["weights"][0][0][0]) sum += weight.get<double>();
  EXPECT_NEAR(sum, 1, 1e-4);
  EXPECT_THAT(attune("attention run --input x --out map.json").err, HasSubstr("--data"));
}

TEST_F(Forecast, SeesHolidaysOfAFileAndKeepsThemWithTheModel) {
  write("days.csv", "2021-03-04,town fair\n2021-03-11\n");
  learn("--model transformer --width 16 --heads 2 --layers 1 --max-steps 5 --holidays days.csv");
  EXPECT_TRUE(exists("run/holidays.csv"));
  shell("rm days.csv");
  const Outcome done = attune("forecast run --data power.csv");
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(attune("info run").out, HasSubstr("holiday_distance"));
}

TEST_F(Forecast, TakesLongTablesOfSeriesOfDifferentLengths) {
  std::string text = "shop;day;sales\n";
  for (int day = 0; day < 120; ++day) {
    for (const char* shop : {"north", "south", "west"}) {
      if (shop[0] == 'w' && day < 60) continue;
      text += fmt::format("{};{:02}.{:02}.2022;{},5\n", shop, 1 + day % 28, 1 + day / 28, 10 + day % 7);
    }
  }
  write("sales.csv", text);
  // Months of 28 days would leave gaps: these dates are of February's length.
  const Outcome trained = attune(
      "train forecast --data sales.csv --id shop --resample 1D --fill interpolate --context 21 --horizon 7 "
      "--model "
      "dlinear --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const Outcome done = attune("forecast run --data sales.csv");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const auto lines = lines_of(done.out);
  EXPECT_EQ(lines.size(), 1U + 3 * 7);
  EXPECT_EQ(fields_of(lines[0], ';').size(), 5U);
  EXPECT_THAT(done.out, AllOf(HasSubstr(";north;"), HasSubstr(";west;")));
  EXPECT_EQ(std::ranges::count(lines[1], '.'), 2) << lines[1];  // a date with dots, numbers with commas
}

TEST_F(Forecast, UsesCovariates) {
  const std::string covariates = "--targets load --future-covariates heat ";
  learn("--model itransformer --width 16 --heads 2 --max-steps 20 " + covariates);
  expect_refused("forecast run --data power.csv", 1, {"\"heat\"", "known in advance", "12 rows"});
  std::string future = table(0, 400);
  for (int hour = 400; hour < 412; ++hour) future += fmt::format("{},,{:.3f}\n", time(hour), heat(hour));
  write("future.csv", future);
  const Outcome done = attune("forecast run --data future.csv");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(lines_of(done.out)[0], "date,load,load_p10,load_p90");
  EXPECT_EQ(lines_of(done.out).size(), 13U);
  EXPECT_THAT(lines_of(done.out)[1], HasSubstr(time(400)));
}

TEST_F(Forecast, RefusesWhatItCannotLearnFrom) {
  const auto refuse = [&](const std::string& text, const std::string& more, int code,
                          const std::vector<std::string>& parts) {
    SCOPED_TRACE(more + text.substr(0, 60));
    write("bad.csv", text);
    expect_refused("train forecast --data bad.csv --model dlinear --out bad " + small() + more, code, parts);
  };
  const std::string good = table(0, 400);
  refuse("", "", 1, {"bad.csv"});
  refuse("date,load\n", "", 1, {"bad.csv"});
  refuse("date,load\n2021-03-01 00:00,1\n", "", 1, {"bad.csv"});
  refuse(good, "--target pressure", 1, {"pressure", "load", "heat"});
  refuse(good, "--horizon 500", 1, {"--horizon"});
  refuse(good, "--horizon 0", 2, {"--horizon"});
  refuse(good, "--split 0.9,0.2,0.1", 2, {"--split"});
  refuse(good, "--model nothing", 1, {"nothing", "patchtst"});
  refuse(good, "--width 8", 2, {"--width", "dlinear"});
  refuse(good, "--factor 2 --no-distilling", 2, {"--factor, --no-distilling", "dlinear"});
  refuse(good, "--model informer --value-embedding conv5", 2, {"conv5", "linear", "conv3"});
  refuse(good, "--model transformer --factor 2", 2, {"--factor", "transformer"});
  refuse(good, "--head gaussian", 2, {"gaussian"});
  refuse(good, "--fill magic", 2, {"magic", "interpolate"});
  refuse(good, "--calendar holiday", 2, {"--holidays"});
  refuse(good, "--calendar moon", 2, {"moon", "weekday"});
  refuse(good + time(401) + ",1,2\n", "", 1, {"bad.csv"});        // a gap
  refuse(good + time(399) + ",1,2\n", "", 1, {"bad.csv"});        // a repeat
  refuse(good + time(400) + ",,2\n", "", 1, {"load", "--fill"});  // a value that is missing
  refuse(good + time(400) + ",inf,2\n", "", 1, {"load"});
  refuse(good + time(400) + ",abc,2\n", "--target load", 1, {"load", "abc"});
}

TEST_F(Forecast, FillsAndMasksWhatIsMissing) {
  std::string text = "date,load,heat\n";
  for (int hour = 0; hour < 400; ++hour) {
    if (hour % 50 == 7) continue;
    text += fmt::format("{},{},{:.3f}\n", time(hour), hour % 31 == 3 ? "" : fmt::format("{:.3f}", load(hour)),
                        heat(hour));
  }
  write("gaps.csv", text);
  for (const char* fill : {"mask", "forward", "interpolate", "zero"}) {
    SCOPED_TRACE(fill);
    const Outcome trained = attune(fmt::format(
        "train forecast --data gaps.csv --fill {} --model patchtst --width 16 --heads 2 --layers 1 --out run "
        "--overwrite-output-dir --max-steps 40 {}",
        fill, small()));
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_EQ(attune("forecast run --data gaps.csv").exit_code, 0);
    const Outcome done = attune("eval run --data gaps.csv --json");
    EXPECT_EQ(done.exit_code, 0) << done.err;
  }
}

TEST_F(Forecast, GoesOftenThroughTheFewWindowsOfASmallTable) {
  std::string months = "month,sales\n";
  for (int i = 0; i < 120; ++i)
    months += fmt::format("{}-{:02},{:.3f}\n", 2010 + i / 12, i % 12 + 1,
                          50 + 9 * std::sin(i * M_PI / 6) + 0.3 * i);
  write("months.csv", months);
  const std::string sizes = "--context 12 --horizon 6 --model patchtst --width 16 --heads 2 --layers 1 ";
  const Outcome trained = attune("train forecast --data months.csv --out run " + sizes);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto config = nlohmann::json::parse(read("run/training_config.json"));
  EXPECT_EQ(config["num_train_epochs"], 600);  // all windows are one batch
  EXPECT_EQ(config["eval_steps"], 60);
  const auto report = nlohmann::json::parse(attune("eval run --data months.csv --json").out);
  EXPECT_LT(report["mse"], report["baselines"]["last"]["mse"]);
  EXPECT_LT(report["mse"], report["baselines"]["drift"]["mse"]);
}

TEST_F(Forecast, LearnsFromAConstantColumn) {
  std::string text = "date,load,still\n";
  for (int hour = 0; hour < 400; ++hour) text += fmt::format("{},{:.3f},7\n", time(hour), load(hour));
  write("power.csv", text);
  learn("--model patchtst --width 16 --heads 2 --layers 1 --max-steps 20");
  const auto lines = lines_of(attune("forecast run --data power.csv").out);
  EXPECT_NEAR(std::stod(fields_of(lines[1])[4]), 7, 0.5);
}

TEST_F(Forecast, RefusesAFileThatDoesNotFitTheModel) {
  learn();
  write("other.csv", "date,load\n2021-03-01 00:00,1\n2021-03-01 01:00,2\n2021-03-01 02:00,2\n");
  expect_refused("forecast run --data other.csv", 1, {"heat"});
  write("short.csv", table(0, 20));
  expect_refused("forecast run --data short.csv", 1, {"20 rows", "48"});
  std::string daily = "date,load,heat\n";
  for (int day = 0; day < 90; ++day)
    daily += fmt::format("2021-{:02}-{:02},1,2\n", 1 + day / 28, 1 + day % 28);
  write("daily.csv", daily);
  EXPECT_EQ(attune("forecast run --data daily.csv").exit_code, 1);
  expect_refused("forecast run --data power.csv --interval 42", 2, {"42", "80"});
  expect_refused("forecast run --data power.csv --plot a.bmp", 2, {"a.bmp"});
  expect_refused("eval run --data power.csv --part half", 2, {"half", "valid"});
  shell("rm run/preprocessor_config.json");
  expect_refused("forecast run --data power.csv", 1, {"preprocessor_config.json"});
}

// A scaler, a window or an input that saw the future would be moved by it.
TEST_F(Forecast, NeverLooksIntoTheFuture) {
  learn();
  const auto weights = read("run/model.safetensors"), processor = read("run/preprocessor_config.json");
  std::string planted = table(0, 320);  // training and validation
  for (int hour = 320; hour < 400; ++hour) planted += fmt::format("{},{},-1e6\n", time(hour), 1e9 * hour);
  write("power.csv", planted);
  ASSERT_EQ(attune("train forecast --data power.csv --out planted --model dlinear " + small()).exit_code, 0);
  EXPECT_EQ(read("planted/model.safetensors"), weights);
  EXPECT_EQ(read("planted/preprocessor_config.json"), processor);
}

}  // namespace
}  // namespace attune::testing
