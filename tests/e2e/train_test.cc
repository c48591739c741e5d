// Training from the command line: what it leaves, what it says, and that nothing is lost.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

using ::testing::HasSubstr;

const std::string small =
    " --layers 1 --heads 2 --width 16 --context 16 --batch-size 4 --learning-rate 3e-3 --seed 7";

class Train : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("text.txt", sample_text(400));
  }

  Outcome train(const std::string& more, const std::string& before = "") const {
    return attune("train lm --train text.txt" + small + " " + more, "", before);
  }

  std::vector<nlohmann::json> log(const std::string& run) const {
    std::vector<nlohmann::json> lines;
    std::istringstream stream(read(run + "/log.jsonl"));
    for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  std::vector<double> losses(const std::string& run) const {
    std::vector<double> values;
    for (const auto& line : log(run)) {
      if (line.contains("loss")) values.push_back(line["loss"]);
    }
    return values;
  }

  void expect_refused(const std::string& more, int exit_code, const std::vector<std::string>& words) const {
    const bool own_text = more.find("--train ") != std::string::npos;
    const Outcome outcome = attune("train lm" + small + (own_text ? "" : " --train text.txt") +
                                   " --max-steps 3 --out refused " + more);
    EXPECT_EQ(outcome.exit_code, exit_code) << more << "\n" << outcome.err;
    for (const std::string& word : words) EXPECT_THAT(outcome.err, HasSubstr(word)) << more;
    EXPECT_FALSE(exists("refused/model.safetensors")) << more;
  }
};

TEST_F(Train, LeavesADirectoryThatTheOtherVerbsUse) {
  const Outcome outcome =
      train("--valid-fraction 0.1 --max-steps 60 --eval-steps 30 --save-steps 30 --out run");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* file : {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
                           "tokenizer_config.json", "training_config.json", "log.jsonl"}) {
    EXPECT_TRUE(exists(std::string("run/") + file)) << file;
  }
  for (const auto& line : log("run")) {
    if (line.contains("eval_loss")) continue;
    for (const char* field : {"step", "loss", "learning_rate", "grad_norm", "tokens_per_second",
                              "step_seconds", "elapsed_seconds"}) {
      EXPECT_TRUE(line.contains(field)) << field;
    }
  }
  EXPECT_LT(losses("run").back(), losses("run").front() - 0.5);

  const Outcome generated = attune("generate run --prompt 'The cat ' --max-new-tokens 20 --temperature 0");
  EXPECT_EQ(generated.exit_code, 0) << generated.err;
  EXPECT_EQ(generated.out.size(), 21u) << generated.out;  // twenty characters and the end of the line
  EXPECT_EQ(attune("generate run --max-new-tokens 20 --temperature 0", "The cat ").out, generated.out);

  const Outcome evaluated = attune("eval run --data text.txt --json");
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  const auto figures = nlohmann::json::parse(evaluated.out);
  EXPECT_NEAR(figures["perplexity"], std::exp(figures["loss"].get<double>()), 1e-3);
  EXPECT_GT(figures["bits_per_byte"], 0);

  const Outcome info = attune("info run --shapes");
  EXPECT_EQ(info.exit_code, 0) << info.err;
  for (const char* words : {"Parameters", "(B, T, 3 D)", "characters", "Training", "step 1"})
    EXPECT_THAT(info.out, HasSubstr(words));
}

TEST_F(Train, TheSameSeedGivesTheSameLossesDigitForDigit) {
  for (const char* run : {"a", "b"})
    ASSERT_EQ(train(std::string("--dropout 0.1 --max-steps 20 --out ") + run).exit_code, 0);
  EXPECT_EQ(losses("a"), losses("b"));
  EXPECT_EQ(read("a/model.safetensors"), read("b/model.safetensors"));
}

TEST_F(Train, ARunKilledAndResumedEndsWithTheSameBits) {
  const std::string options =
      "--dropout 0.1 --max-steps 120 --save-steps 20 --eval-steps 40 --valid-fraction 0.1 ";
  ASSERT_EQ(train(options + "--out whole").exit_code, 0);
  const Outcome killed = shell("attune train lm --train text.txt" + small + " " + options +
                               "--out killed & pid=$!\n"
                               "until ls killed/checkpoint-* >/dev/null 2>&1; do sleep 0.01; done\n"
                               "kill -9 $pid; wait $pid");
  ASSERT_NE(killed.exit_code, 0);
  const Outcome resumed = train(options + "--out killed --resume");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read("killed/model.safetensors"), read("whole/model.safetensors"));
  EXPECT_EQ(losses("killed"), losses("whole"));
}

TEST_F(Train, ATerminationSignalSavesAndSaysHowToGoOn) {
  const Outcome outcome = shell("attune train lm --train text.txt" + small +
                                " --max-steps 1000000 --out run & pid=$!\n"
                                "until [ -s run/log.jsonl ]; do sleep 0.01; done; sleep 0.2\n"
                                "kill -TERM $pid; wait $pid");
  EXPECT_EQ(outcome.exit_code, 143) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("--resume"));
  EXPECT_TRUE(exists("run/model.safetensors"));
}

TEST_F(Train, ASecondRunIntoTheSameDirectoryIsRefused) {
  ASSERT_EQ(train("--max-steps 3 --out run").exit_code, 0);
  const std::string before = read("run/model.safetensors");
  EXPECT_EQ(train("--max-steps 3 --out run").exit_code, 1);
  EXPECT_EQ(read("run/model.safetensors"), before);
  const Outcome other = train("--max-steps 6 --out run --resume --width 32");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("width"));
}

TEST_F(Train, ResumesByItsOwnConfiguration) {
  ASSERT_EQ(train("--max-steps 6 --save-steps 3 --out run").exit_code, 0);
  const Outcome longer = attune("train lm --resume --out run --max-steps 9");
  ASSERT_EQ(longer.exit_code, 0) << longer.err;
  EXPECT_EQ(losses("run").size(), 9u);
  const Outcome other = attune("train lm --resume --out run --heads 1");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("heads: 2 there, 1 now"));
  const Outcome none = attune("train lm --resume --out elsewhere");
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("no run to resume in elsewhere"));
}

TEST_F(Train, AFlagWinsOverTheOtherWayOfSayingItInAConfiguration) {
  ASSERT_EQ(train("--max-steps 6 --valid-fraction 0.1 --out run").exit_code, 0);
  const Outcome epochs = attune(
      "train lm --config run/training_config.json --num-train-epochs 0.2 --valid text.txt --out epochs");
  ASSERT_EQ(epochs.exit_code, 0) << epochs.err;
  EXPECT_GT(losses("epochs").size(), 6u);
}

TEST_F(Train, WhatAModelToContinueFromCannotTakeIsRefused) {
  ASSERT_EQ(train("--max-steps 3 --out run").exit_code, 0);
  const std::string again = "train lm --train text.txt --max-steps 2 --model run --out again ";
  const Outcome tokenizer = attune(again + "--tokenizer char");
  EXPECT_EQ(tokenizer.exit_code, 2);
  EXPECT_THAT(tokenizer.err, HasSubstr("--tokenizer"));
  const Outcome context = attune(again + "--context 17");
  EXPECT_EQ(context.exit_code, 2);
  EXPECT_THAT(context.err, HasSubstr("sees 16"));
  EXPECT_EQ(attune(again).exit_code, 0);  // the default context gives way
}

TEST_F(Train, ContinuesFromAModelAndAcceptsItsConfigurationBack) {
  ASSERT_EQ(train("--max-steps 60 --out first").exit_code, 0);
  const Outcome continued = attune(
      "train lm --model first --train text.txt --batch-size 4 --max-steps 5 --learning-rate 1e-4 --out "
      "second");
  ASSERT_EQ(continued.exit_code, 0) << continued.err;
  EXPECT_LT(losses("second").front(), losses("first").front() - 0.3);
  const Outcome again = attune("train lm --config first/training_config.json --out third");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(read("third/model.safetensors"), read("first/model.safetensors"));
}

TEST_F(Train, BadInputIsNamed) {
  write("empty.txt", "");
  write("bytes.txt", "first line\nsecond \xff\xfe line\n");
  write("short.txt", "abc");
  expect_refused("--layers 0", 2, {"layers"});
  expect_refused("--width -4", 2, {"width"});
  expect_refused("--width 15", 2, {"15", "2 heads"});
  expect_refused("--context 0", 2, {"context"});
  expect_refused("--batch-size 0", 2, {"batch-size"});
  expect_refused("--learning-rte 1", 2, {"--learning-rte", "did you mean --learning-rate"});
  expect_refused("--tokenizer bpe:x", 2, {"bpe"});
  expect_refused("--train missing.txt", 1, {"missing.txt"});
  expect_refused("--train empty.txt", 1, {"empty.txt"});
  expect_refused("--train short.txt", 1, {"context"});
  expect_refused("--train bytes.txt", 1, {"bytes.txt", "line 2"});
  expect_refused("--context 1000000", 1, {"context"});
}

TEST_F(Train, ByteLevelBpeTakesAnyBytes) {
  write("bytes.txt", sample_text(200) + "\xff\xfe odd bytes \x80\n" + sample_text(100));
  const Outcome outcome =
      attune("train lm --train bytes.txt --tokenizer bpe:300" + small + " --max-steps 5 --out run");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(attune("generate run --prompt 'The' --max-new-tokens 5 --seed 3").exit_code, 0);
}

TEST_F(Train, AFullDiskIsAnErrorThatKeepsTheLastGoodCheckpoint) {
  ASSERT_EQ(train("--max-steps 10 --save-steps 10 --out run").exit_code, 0);
  const std::string before = read("run/model.safetensors");
  const Outcome outcome =
      train("--max-steps 20 --save-steps 5 --out run --resume", "ulimit -f 4; trap '' XFSZ;");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("cannot write"));
  EXPECT_EQ(read("run/model.safetensors"), before);
  EXPECT_EQ(train("--max-steps 20 --save-steps 5 --out run --resume").exit_code, 0);
}

}  // namespace
}  // namespace attune::testing
