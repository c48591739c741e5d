#include "attune/train/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "attune/io/test_directory.h"
#include "attune/train/progress.h"

namespace attune::train {
namespace {

using testing::ElementsAre;

class LogTest : public testing::Test {
 protected:
  std::vector<nlohmann::json> lines() const {
    std::ifstream file(directory_.path() / "log.jsonl");
    std::vector<nlohmann::json> found;
    for (std::string line; std::getline(file, line);) found.push_back(nlohmann::json::parse(line));
    return found;
  }
  std::vector<int> steps() const {
    std::vector<int> found;
    for (const auto& line : lines())
      found.push_back(line["step"].get<int>() * (line.contains("eval_loss") ? -1 : 1));
    return found;
  }
  void write_run(std::int64_t from, std::int64_t to) const {
    Log log(directory_.path(), from, from);
    for (std::int64_t step = from + 1; step <= to; ++step) {
      log.write(StepRecord{.step = step, .loss = 1});
      if (step % 2 == 0) log.write(EvaluationRecord{.step = step, .values = {{"eval_loss", 2}}});
    }
  }
  io::TestDirectory directory_;
};

TEST_F(LogTest, LinesHaveTheirFields) {
  {
    Log log(directory_.path(), 0, 0);
    log.write(StepRecord{.step = 3,
                         .loss = 0.1 + 0.2,
                         .learning_rate = 1e-4,
                         .grad_norm = std::numeric_limits<double>::infinity(),
                         .units_per_second = 12345.67,
                         .step_seconds = 0.0123456,
                         .elapsed_seconds = 7});
    log.write(EvaluationRecord{.step = 3, .values = {{"eval_loss", 1.5}, {"eval_perplexity", 4.48}}});
  }
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_EQ(lines()[0],
            nlohmann::json::parse(R"({"step": 3, "loss": 0.30000000000000004, "learning_rate": 0.0001,
      "grad_norm": null, "tokens_per_second": 12345.7, "step_seconds": 0.012346, "elapsed_seconds": 7})"));
  EXPECT_EQ(lines()[1], nlohmann::json::parse(R"({"step": 3, "eval_loss": 1.5, "eval_perplexity": 4.48})"));
}

TEST_F(LogTest, AResumedRunCutsTheLogBack) {
  write_run(0, 6);
  EXPECT_THAT(steps(), ElementsAre(1, 2, -2, 3, 4, -4, 5, 6, -6));
  std::ofstream(directory_.path() / "log.jsonl", std::ios::app) << R"({"step": 4, "lo)";  // killed in a line
  write_run(4, 5);
  EXPECT_THAT(steps(), ElementsAre(1, 2, -2, 3, 4, -4, 5));
  { Log log(directory_.path(), 4, 2); }
  EXPECT_THAT(steps(), ElementsAre(1, 2, -2, 3, 4)) << "the evaluation at step 4 is still to come";
  { Log log(directory_.path(), 0, 0); }
  EXPECT_THAT(steps(), ElementsAre());
}

TEST_F(LogTest, EventsAreWritten) {
  write_run(0, 2);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    if (!entry.path().filename().native().starts_with("events.out.tfevents.")) continue;
    ++files;
    EXPECT_GT(entry.file_size(), 100u);
  }
  EXPECT_EQ(files, 1);
}

TEST(Progress, LinesOnAFileComeNowAndThen) {
  std::FILE* file = std::tmpfile();
  {
    Progress progress(file, 0, 1000);
    for (std::int64_t step = 1; step <= 1000; ++step)
      progress.show({.step = step, .loss = 2.5, .learning_rate = 1e-3, .units_per_second = 123456});
    progress.say("saved");
  }
  std::rewind(file);
  std::string text(10'000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  EXPECT_THAT(text, testing::StartsWith("step 1/1000  loss 2.5000  lr 1.0e-03  123,456 tokens/s  ETA "));
  EXPECT_THAT(text, testing::HasSubstr("\nstep 1000/1000  loss 2.5000  "));
  EXPECT_THAT(text, testing::EndsWith("  ETA 0:00\nsaved\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST(Progress, NumbersAreReadable) {
  EXPECT_EQ(format_duration(0.4), "0:00");
  EXPECT_EQ(format_duration(65), "1:05");
  EXPECT_EQ(format_duration(3665), "1:01:05");
  EXPECT_EQ(format_thousands(999), "999");
  EXPECT_EQ(format_thousands(1234567), "1,234,567");
}

}  // namespace
}  // namespace attune::train
