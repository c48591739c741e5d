// Looking inside from the command line.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

using ::testing::HasSubstr;

class Attention : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("text.txt", sample_text(200));
    ASSERT_EQ(
        attune(
            "train lm --train text.txt --layers 2 --heads 3 --width 12 --context 16 --max-steps 2 --out run")
            .exit_code,
        0);
  }
  bool has_gnuplot() const { return shell("command -v gnuplot").exit_code == 0; }
};

TEST_F(Attention, JsonHoldsEveryLayerAndHead) {
  const Outcome outcome = attune("attention run --input 'The cat' --out all.json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(read("all.json"));
  EXPECT_EQ(json["kind"], "decoder");
  EXPECT_EQ(json["source_tokens"], nlohmann::json::array({"T", "h", "e", " ", "c", "a", "t"}));
  EXPECT_EQ(json["target_tokens"], json["source_tokens"]);
  EXPECT_EQ(json["layers"], nlohmann::json::array({0, 1}));
  EXPECT_EQ(json["heads"], nlohmann::json::array({0, 1, 2}));
  ASSERT_EQ(json["weights"].size(), 2u);
  for (const auto& layer : json["weights"]) {
    ASSERT_EQ(layer.size(), 3u);
    for (const auto& head : layer) {
      ASSERT_EQ(head.size(), 7u);
      for (std::size_t row = 0; row < 7; ++row) {
        ASSERT_EQ(head[row].size(), 7u);
        double sum = 0;
        for (std::size_t column = 0; column < 7; ++column) {
          sum += head[row][column].get<double>();
          if (column > row) {
            EXPECT_EQ(head[row][column], 0);
          }
        }
        EXPECT_NEAR(sum, 1, 1e-5);
      }
    }
  }
  ASSERT_EQ(attune("attention run --input 'The cat' --layer 1 --head 2 --out one.json").exit_code, 0);
  const auto one = nlohmann::json::parse(read("one.json"));
  EXPECT_EQ(one["layers"], nlohmann::json::array({1}));
  EXPECT_EQ(one["heads"], nlohmann::json::array({2}));
  EXPECT_EQ(one["weights"][0][0], json["weights"][1][2]);
}

TEST_F(Attention, TheMeanIsOfTheChosenMaps) {
  ASSERT_EQ(attune("attention run --input 'The cat' --layer 1 --out heads.json").exit_code, 0);
  ASSERT_EQ(attune("attention run --input 'The cat' --layer 1 --mean --out mean.json").exit_code, 0);
  const auto heads = nlohmann::json::parse(read("heads.json"))["weights"][0];
  const auto mean = nlohmann::json::parse(read("mean.json"))["weights"];
  ASSERT_EQ(mean.size(), 7u);
  for (std::size_t row = 0; row < 7; ++row) {
    ASSERT_EQ(mean[row].size(), 7u);
    for (std::size_t column = 0; column < 7; ++column) {
      double sum = 0;
      for (const auto& head : heads) sum += head[row][column].get<double>();
      EXPECT_NEAR(mean[row][column].get<double>(), sum / 3, 1e-6);
    }
  }
  if (!has_gnuplot()) return;
  ASSERT_EQ(attune("attention run --input 'The cat' --mean --out mean.svg").exit_code, 0);
  EXPECT_THAT(read("mean.svg"), HasSubstr("run: decoder self-attention, mean of 3 heads of 2 layers"));
}

TEST_F(Attention, PicturesAreDrawnByTheEndingOfTheFile) {
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed";
  const Outcome svg = attune("attention run --input 'The cat' --layer 0 --head 1 --out map.svg");
  ASSERT_EQ(svg.exit_code, 0) << svg.err;
  EXPECT_THAT(read("map.svg"), HasSubstr("run: decoder self-attention, layer 0, head 1"));
  EXPECT_THAT(read("map.svg"), HasSubstr("␣"));
  ASSERT_EQ(attune("attention run --input 'The cat' --out map.png").exit_code, 0);
  EXPECT_TRUE(read("map.png").starts_with("\x89PNG"));
}

TEST_F(Attention, WhatCannotBeShownIsRefusedByName) {
  const std::string verb = "attention run --input 'The cat' ";
  const auto refused = [&](const std::string& arguments, int exit_code, const char* words) {
    const Outcome outcome = attune(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr(words)) << arguments;
  };
  refused(verb + "--layer 2 --out a.json", 2, "--layer is 2, the model has layers 0 to 1");
  refused(verb + "--head -1 --out a.json", 2, "--head is -1, the model has heads 0 to 2");
  refused(verb + "--out a.gif", 2, "ends in .png, .svg or .json");
  refused(verb + "--kind cross --out a.json", 2, "decoder attention only");
  refused(verb + "--kind self --out a.json", 2, "expected encoder, decoder or cross");
  refused(verb + "--target x --out a.json", 2, "--target is for translators");
  refused("attention run --input '' --out a.json", 2, "--input is empty");
  refused("attention run --input 'The cat sees the house.' --out a.json", 1, "the model takes at most 16");
  refused("attention missing --input a --out a.json", 1, "missing is not a model directory");
  EXPECT_FALSE(exists("a.json"));
}

TEST_F(Attention, WithoutGnuplotThePackageIsNamed) {
  const Outcome outcome =
      attune("attention run --input 'The cat' --out a.png", "", "export PATH=" ATTUNE_BUILD_DIR ";");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("gnuplot-nox"));
  EXPECT_FALSE(exists("a.png"));
}

}  // namespace
}  // namespace attune::testing
