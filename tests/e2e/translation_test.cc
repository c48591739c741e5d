// Training and using a translator from the command line: what it leaves, what it says, and that nothing is
// lost.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

const std::string small =
    " --tokenizer bpe:300 --layers 1 --heads 2 --width 32 --feed-forward 64 --context 40 --dropout 0"
    " --batch-tokens 400 --warmup-steps 20 --learning-rate 5e-3 --label-smoothing 0.1 --seed 7";

class Translation : public CommandTest {
 protected:
  // Numbers in two languages of our own, which a small model learns.
  void SetUp() override {
    CommandTest::SetUp();
    const char* source[] = {"nul", "een", "twee", "drie", "vier", "vijf"};
    const char* target[] = {"zero", "one", "two", "three", "four", "five"};
    std::string sources, targets;
    for (int i = 0; i < 216; ++i) {
      for (const int digit : {i / 36, i / 6 % 6, i % 6}) {
        sources += std::string(source[digit]) + " ";
        targets += std::string(target[digit]) + " ";
      }
      sources.back() = targets.back() = '\n';
    }
    write("de", sources);
    write("en", targets);
  }

  Outcome train(const std::string& more, const std::string& data = "--train de en") const {
    return attune("train translation " + data + small + " " + more);
  }
  void train_one() const {
    const Outcome outcome = train("--valid de en --max-steps 60 --out run");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
};

TEST_F(Translation, LearnsToTranslateAndIsUsedByTheOtherVerbs) {
  const Outcome trained =
      train("--valid de en --max-steps 250 --save-steps 50 --average-checkpoints 3 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("mean of the last 3 checkpoints, steps 150 to 250"));
  EXPECT_THAT(trained.out, HasSubstr("attune translate run"));
  for (const char* file : {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
                           "tokenizer_config.json", "training_config.json", "log.jsonl"}) {
    EXPECT_TRUE(exists(std::string("run/") + file)) << file;
  }
  EXPECT_EQ(attune("translate run 'vijf nul twee'").out, "five zero two\n");
  EXPECT_EQ(attune("translate run vijf nul twee --num-beams 1").out, "five zero two\n");

  const Outcome evaluated = attune("eval run --data de en --json --num-beams 2");
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  const auto figures = nlohmann::json::parse(evaluated.out);
  EXPECT_GT(figures["chrf"], 99);
  EXPECT_NEAR(figures["perplexity"], std::exp(figures["loss"].get<double>()), 1e-3);
  EXPECT_EQ(figures["sentences"], 216);

  const Outcome info = attune("info run --shapes");
  ASSERT_EQ(info.exit_code, 0) << info.err;
  for (const char* word : {"encoder-decoder", "decoder.layers.*.cross_attention", "(B, S, D)", "</s>"})
    EXPECT_THAT(info.out, HasSubstr(word));
}

TEST_F(Translation, AShortRunWarmsUpForATenthOfItsStepsUnlessToldOtherwise) {
  const auto warmup = [&](const std::string& run) {
    return nlohmann::json::parse(read(run + "/training_config.json"))["warmup_steps"].get<int>();
  };
  const std::string start = "train translation --train de en --layers 1 --heads 2 --width 16 ";
  const auto run = [&](const std::string& arguments) {
    const Outcome outcome = attune(start + arguments);
    EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.err;
  };
  run("--max-steps 20 --out short");
  EXPECT_EQ(warmup("short"), 2);
  run("--max-steps 20 --warmup-steps 20 --out told");
  EXPECT_EQ(warmup("told"), 20);
  // A resumed run keeps its schedule; a configuration is told too.
  run("--max-steps 40 --out short --resume");
  EXPECT_EQ(warmup("short"), 2);
  run("--config told/training_config.json --out configured");
  EXPECT_EQ(warmup("configured"), 20);
  // A recipe's warm-up may be longer than a run that was cut short.
  write("recipe.json", R"({"warmup_steps": 30, "learning_rate": 0.001})");
  const Outcome cut = attune(start + "--config recipe.json --max-steps 3 --out cut");
  EXPECT_EQ(cut.exit_code, 0) << cut.err;
  EXPECT_THAT(cut.err,
              HasSubstr("warming up takes 30 steps of the run's 3: the learning rate gets no further "
                        "than 9.7e-05 of 0.001; --warmup-steps makes it shorter"));
}

TEST_F(Translation, GivesLinesBackInOrder) {
  train_one();
  std::string input;
  for (const char* line :
       {"een", "", "een twee drie vier vijf", "  ", "Ξένος 外国人 \xF0\x9F\x98\x80", "twee"})
    input += std::string(line) + "\r\n";
  const Outcome all = attune("translate run --batch-size 2 --max-new-tokens 12", input);
  ASSERT_EQ(all.exit_code, 0) << all.err;
  const auto translations = lines_of(all.out);
  ASSERT_EQ(translations.size(), 6u);
  EXPECT_EQ(translations[1], "");
  EXPECT_EQ(translations[3], "");
  const auto sources = lines_of(input);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Outcome alone = attune("translate run --max-new-tokens 12", sources[i]);
    EXPECT_EQ(alone.out, translations[i] + "\n") << i;
  }
  // Through files, with scores
  write("input", input);
  const Outcome filed = attune("translate run --input input --out output --print-scores --max-new-tokens 12");
  EXPECT_EQ(filed.out, "");
  const auto scored = lines_of(read("output"));
  ASSERT_EQ(scored.size(), 6u);
  for (std::size_t i = 0; i < scored.size(); ++i) {
    const auto tab = scored[i].find('\t');
    ASSERT_NE(tab, std::string::npos);
    EXPECT_LE(std::stod(scored[i].substr(0, tab)), 0);
    EXPECT_EQ(scored[i].substr(tab + 1), translations[i]);
  }
}

TEST_F(Translation, AByteOrderMarkIsNoTextWhereverItComesFrom) {
  train_one();
  write("marked",
        "\xEF\xBB\xBF"
        "een twee\n");
  const std::string use = "translate run --max-new-tokens 12 --print-scores ";
  const std::string plain = attune(use, "een twee\n").out;
  EXPECT_EQ(attune(use, read("marked")).out, plain);
  EXPECT_EQ(attune(use + "--input marked").out, plain);
}

TEST_F(Translation, AnswersALineBeforeTheNextIsTyped) {
  train_one();
  // The second line is only written once the first one's translation has come.
  const Outcome outcome = shell(
      "mkfifo in\n"
      "attune translate run --max-new-tokens 8 < in > out & exec 3> in\n"
      "echo een >&3\n"
      "for i in $(seq 600); do [ -s out ] && break; sleep 0.1; done\n"
      "wc -l < out; echo twee >&3; exec 3>&-; wait; wc -l < out");
  EXPECT_EQ(outcome.out, "1\n2\n") << outcome.err;
}

TEST_F(Translation, SearchesAsGenerationConfigSaysUnlessToldOtherwise) {
  train_one();
  const std::string use = "translate run 'vijf nul twee' --print-scores ", own = "run/generation_config.json";
  const std::string beams = "--num-beams 2 --length-penalty 0.25 ";
  const std::string four = attune(use).out, two = attune(use + beams).out;
  ASSERT_NE(four, two);
  auto config = nlohmann::json::parse(read(own));
  config.update({{"num_beams", 2}, {"length_penalty", 0.25}, {"no_repeat_ngram_size", 3}});
  write(own, config.dump());
  const Outcome said = attune(use);
  EXPECT_EQ(said.out, two);
  EXPECT_THAT(said.err, AllOf(HasSubstr("run asks for"), HasSubstr("no_repeat_ngram_size 3")));
  EXPECT_EQ(attune(use + "--num-beams 4 --length-penalty 1").out, four);
  EXPECT_EQ(nlohmann::json::parse(attune("eval run --data de en --json").out)["num_beams"], 2);

  config["max_length"] = 3;
  write(own, config.dump());
  EXPECT_EQ(attune("translate run 'vijf nul twee' --ignore-eos").out,
            attune("translate run 'vijf nul twee' --ignore-eos --max-new-tokens 2").out);
  config["num_beams"] = 0;
  write(own, config.dump());
  expect_refused("translate run een", 1, {"generation_config.json", "\"num_beams\" is 0"});
}

TEST_F(Translation, SaysWhatItCannotTakeAsItIs) {
  train_one();
  std::string longer;
  for (int i = 0; i < 60; ++i) longer += "vijf ";
  const Outcome outcome =
      attune("translate run --max-new-tokens 8 --num-beams 1", "een\n" + longer + "\nx\xFFy\ntwee\n");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(lines_of(outcome.out).size(), 4u);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("line 2 has"), HasSubstr("the model takes 40"),
                                 HasSubstr("line 3 has bytes that are not valid UTF-8")));
}

TEST_F(Translation, RefusesWrongUse) {
  train_one();
  expect_refused("translate run een --num-beams 0", 2, {"--num-beams is 0"});
  expect_refused("translate run een --num-beams 1000000000", 2, {"num-beams is 1000000000"});
  expect_refused("eval run --data de en --batch-size 0", 2, {"--batch-size is 0"});
  expect_refused("eval run --data de en --stride 5", 2, {"--stride is for language models"});
  expect_refused("translate run een --max-new-tokens 0", 2, {"--max-new-tokens"});
  expect_refused("translate run een --length-penalty nan", 2, {"--length-penalty"});
  expect_refused("translate run een --input de", 2, {"TEXT and --input"});
  expect_refused("translate run --input missing", 1, {"missing"});
  expect_refused("translate run een --out nowhere/out", 1, {"nowhere/out"});
  expect_refused("translate missing een", 1, {"missing"});
  expect_refused("eval run --data de", 1, {"line 1", "SOURCE TARGET"});
  write("shorter", "one\n");
  expect_refused("eval run --data de shorter", 1, {"de has 216 lines", "shorter has 1"});
  expect_refused("generate run een --top-k -1", 2, {"top-k"});
}

TEST_F(Translation, RefusesDataThatCannotBeUsed) {
  write("shorter", "one\n");
  write("bad", "\xFF\n");
  write("wrong.gz", "not gzip\n");
  write("blank", "\n\n");
  const std::string rest = small + " --max-steps 20 --out refused";
  expect_refused("train translation --train de shorter" + rest, 1, {"de has 216 lines", "shorter has 1"});
  expect_refused("train translation --train de" + rest, 1, {"de: line 1 has 0 tabs"});
  expect_refused("train translation --train de en de" + rest, 2, {"--train has 3 files"});
  expect_refused("train translation --train shorter bad" + rest, 1, {"bad: line 1", "UTF-8"});
  expect_refused("train translation --train wrong.gz en" + rest, 1, {"wrong.gz is not compressed by gzip"});
  expect_refused("train translation --train blank blank" + rest, 1, {"2 with an empty side"});
  expect_refused("train translation --train de missing" + rest, 1, {"missing"});
  expect_refused("train translation --train de en" + rest + " --label-smoothing 1", 2, {"--label-smoothing"});
  expect_refused("train translation --train de en" + rest + " --batch-tokens 0", 2, {"--batch-tokens"});
  expect_refused("train translation --train de en" + rest + " --heads 3", 2, {"3 heads"});
  EXPECT_FALSE(exists("refused/model.safetensors"));
}

TEST_F(Translation, TellsWhatItLeavesOut) {
  std::string longer;
  for (int i = 0; i < 60; ++i) longer += "vijf ";
  write("de", read("de") + "\n" + longer + "\n");
  write("en", read("en") + "x\ny\n");
  const Outcome outcome = train("--max-steps 20 --out run");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("left out: 1 with an empty side and 1 longer than the model takes"));
}

TEST_F(Translation, AResumedRunEndsWithTheSameBits) {
  const std::string run = "--valid de en --dropout 0.1 --save-steps 7 --eval-steps 10 --max-steps ";
  ASSERT_EQ(train(run + "40 --out straight").exit_code, 0);
  ASSERT_EQ(train(run + "21 --out resumed").exit_code, 0);
  const Outcome resumed = train(run + "40 --out resumed --resume");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read("straight/model.safetensors"), read("resumed/model.safetensors"));
  // The configuration that a run leaves makes the same run.
  const Outcome again = attune("train translation --config straight/training_config.json --out again");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(read("straight/model.safetensors"), read("again/model.safetensors"));
}

TEST_F(Translation, GoesOnFromAModelAndReadsColumns) {
  train_one();
  write("pairs.tsv", "een twee\tone two\ndrie\tthree\n");
  const Outcome outcome = attune(
      "train translation --train pairs.tsv --model run --batch-tokens 50 --warmup-steps 1 --max-steps 3 "
      "--dtype bfloat16 --out next");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read("next/tokenizer.json"), read("run/tokenizer.json"));
  expect_refused("train translation --train pairs.tsv --model run --layers 2 --max-steps 3 --out x", 2,
                 {"--layers"});
}

}  // namespace
}  // namespace attune::testing
