// attune score and attune choose from the command line, on tiny models.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Answers : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    make_model("gpt", "gpt/gelu");
    make_model("gpt2", "gpt2/odd");
    make_model("bert", "encoders/bert/bare");
    make_model("t5", "t5/v1_0");
    write("train.csv", table(60, 0));
    write("valid.csv", table(15, 60));
  }

  // A vocabulary of words that is as large as the model's.
  void make_model(const std::string& name, const std::string& golden) {
    fs::create_directories(path(name));
    for (const char* file : {"config.json", "model.safetensors"})
      fs::copy(fs::path(ATTUNE_GOLDENS) / golden / file, path(name) / file);
    nlohmann::json vocabulary;
    for (const char* word : {"[PAD]", "[UNK]", "cat", "dog", "cow", "says", "meow", "woof", "moo", "what"})
      vocabulary[word] = vocabulary.size();
    const auto config = nlohmann::json::parse(read(name + "/config.json"));
    while (vocabulary.size() < config["vocab_size"])
      vocabulary["unused" + std::to_string(vocabulary.size())] = vocabulary.size();
    const nlohmann::json file = {
        {"version", "1.0"},
        {"added_tokens", nlohmann::json::array()},
        {"normalizer", nullptr},
        {"pre_tokenizer", {{"type", "Whitespace"}}},
        {"post_processor", nullptr},
        {"decoder", nullptr},
        {"model", {{"type", "WordLevel"}, {"vocab", vocabulary}, {"unk_token", "[UNK]"}}}};
    write(name + "/tokenizer.json", file.dump());
    write(name + "/tokenizer_config.json", R"({"unk_token": "[UNK]", "pad_token": "[PAD]"})");
  }

  // Who says what: the right one of three choices stands anywhere.
  static std::string table(int rows, int seed) {
    const char *animals[] = {"cat", "dog", "cow"}, *says[] = {"meow", "woof", "moo"};
    std::string text = "context,question,c0,c1,c2,label,letter\n";
    for (int i = seed; i < seed + rows; ++i) {
      const int animal = i % 3, shift = (i / 3) % 3, right = (animal + 3 - shift) % 3;
      text += std::string("the ") + animals[animal] + ",says what";
      for (int c = 0; c < 3; ++c) text += std::string(",") + says[(c + shift) % 3];
      text += "," + std::to_string(right) + "," + std::string(1, static_cast<char>('A' + right)) + "\n";
    }
    return text;
  }

  Outcome train(const std::string& more) const {
    return attune(
        "train multiple-choice --train train.csv --valid valid.csv --learning-rate 1e-2 --batch-size 6 "
        "--num-train-epochs 25 " +
        more);
  }
};

TEST_F(Answers, OfAPromptAreRanked) {
  for (const std::string model : {"gpt", "gpt2", "t5"}) {
    SCOPED_TRACE(model);
    const Outcome ranked =
        attune("score " + model + " --prompt 'the cat says' --answers meow woof 'moo moo'");
    ASSERT_EQ(ranked.exit_code, 0) << ranked.err;
    EXPECT_EQ(std::ranges::count(ranked.out, '\n'), 3);
    const auto line = nlohmann::json::parse(
        attune("score " + model + " --prompt 'the cat says' --answers meow woof 'moo moo' --json").out);
    ASSERT_EQ(line["answers"].size(), 3u);
    EXPECT_GE(line["answers"][0]["per_token"], line["answers"][1]["per_token"]);
    EXPECT_EQ(line["best"], line["answers"][0]["answer"]);
    EXPECT_THAT(ranked.out, ::testing::StartsWith(line["best"].get<std::string>() + "\t"));
  }
}

TEST_F(Answers, OfATableHaveAnAccuracyBesideChance) {
  write("template.txt", "{context} {question}\n");
  const std::string start =
      "score gpt2 --input valid.csv --template template.txt --answers '{c0}' '{c1}' '{c2}' ";
  const Outcome lines = attune(start);
  ASSERT_EQ(lines.exit_code, 0) << lines.err;
  EXPECT_EQ(std::ranges::count(lines.out, '\n'), 15);
  const Outcome report = attune(start + "--label letter");
  EXPECT_THAT(report.out, HasSubstr("chance          0.3333"));
  EXPECT_THAT(report.out, HasSubstr("rows            15"));
  const std::string few = "--label label --examples train.csv --shots 2 --json --out best.jsonl";
  const auto json = nlohmann::json::parse(attune(start + few).out);
  EXPECT_EQ(json["rows"], 15);
  const std::string best = read("best.jsonl");
  EXPECT_EQ(std::ranges::count(best, '\n'), 15);
  int right = 0;
  std::istringstream in(best);
  for (std::string line; std::getline(in, line);) {
    const auto row = nlohmann::json::parse(line);
    right += row["best"] == row["label"] ? 1 : 0;
  }
  EXPECT_NEAR(json["accuracy"], right / 15.0, 1e-9);
}

TEST_F(Answers, ExamplesAreTheFirstOrDrawnForEachPrompt) {
  const auto score = [&](const std::string& how) {
    const Outcome outcome = attune(
        "score gpt2 --prompt '{context}' --answers '{c0}' '{c1}' '{c2}' --label label --shots 2 "
        "--json --out all.jsonl " +
        how);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return read("all.jsonl");
  };
  const std::string first = score("--input valid.csv --examples train.csv");
  const std::string drawn = score("--input valid.csv --examples train.csv --seed 1");
  EXPECT_NE(drawn, first);
  EXPECT_EQ(score("--input valid.csv --examples train.csv --seed 1"), drawn);
  EXPECT_NE(score("--input valid.csv --examples train.csv --seed 2"), drawn);

  // Of one and the same file a row has the others before it: of three, two.
  write("three.csv",
        "context,c0,c1,c2,label\ncat,meow,woof,moo,0\ndog,meow,woof,moo,1\ncow,meow,woof,moo,2\n");
  write("other.csv", read("three.csv"));
  const std::string own = score("--input three.csv --examples three.csv"),
                    other = score("--input three.csv --examples other.csv");
  const auto line = [](const std::string& text, int n) {
    std::istringstream in(text);
    std::string found;
    for (int i = 0; i <= n; ++i) std::getline(in, found);
    return found;
  };
  EXPECT_NE(line(own, 0), line(other, 0));
  EXPECT_NE(line(own, 1), line(other, 1));
  EXPECT_EQ(line(own, 2), line(other, 2)) << "the first two are others anyway";
  expect_refused(
      "score gpt2 --prompt '{context}' --answers '{c0}' --label label --input three.csv --examples "
      "three.csv --shots 3",
      1, {"three.csv has 3 rows, expected 4"});
  expect_refused("score gpt2 --prompt '{context}' --answers '{c0}' --input three.csv --seed 1", 2,
                 {"--seed", "--examples"});
}

TEST_F(Answers, ScoreRefusesWrongUse) {
  expect_refused("score gpt --answers a b", 2, {"--prompt", "--template"});
  expect_refused("score gpt --prompt cat", 2, {"--answers"});
  expect_refused("score gpt --prompt '{context}' --answers a", 2, {"context", "--input"});
  expect_refused("score gpt --prompt 'a {' --answers a", 2, {"without its other half"});
  expect_refused("score gpt --prompt cat --answers a --normalize char", 2, {"--normalize is 'char'"});
  expect_refused("score gpt --prompt cat --answers a --label label", 2, {"--label", "--input"});
  expect_refused("score gpt --input valid.csv --prompt '{lines}' --answers a", 1, {"lines", "context"});
  expect_refused("score gpt --input valid.csv --prompt '{context}' --answers a b --label context", 1,
                 {"valid.csv: line 2", "the cat"});
  expect_refused("score gpt --input valid.csv --prompt '{context}' --answers a b --shots 2", 2,
                 {"--examples"});
  expect_refused("score gpt --prompt cat --answers ''", 1, {"no tokens"});
  expect_refused("score bert --prompt cat --answers a", 1, {"bert"});
}

TEST_F(Answers, MultipleChoiceIsLearnedAndUsed) {
  const std::string columns = "--context context --question question --choices c0 c1 c2 ";
  for (const std::string model : {"bert", "gpt", "gpt2"}) {
    SCOPED_TRACE(model);
    const Outcome trained =
        train(columns + "--label " + (model == "gpt" ? "letter" : "label") + " --model " + model + " --out " +
              model + "-run" + (model == "bert" ? " --num-train-epochs 80" : ""));
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_THAT(trained.err, HasSubstr("accuracy 1 "));
    const auto config = nlohmann::json::parse(read(model + "-run/config.json"));
    EXPECT_EQ(config["architectures"][0], model == "bert"  ? "BertForMultipleChoice"
                                          : model == "gpt" ? "OpenAIGPTDoubleHeadsModel"
                                                           : "GPT2DoubleHeadsModel");
    EXPECT_EQ(config.contains("attune_input_format"), model != "bert");
    const std::string use = "choose " + model + "-run ";
    EXPECT_THAT(attune(use + "--context 'the cow' --question 'says what' --choices woof moo").out,
                ::testing::StartsWith("moo\t"));
    const Outcome rows = attune(use + columns + "--input valid.csv --json");
    EXPECT_EQ(std::ranges::count(rows.out, '\n'), 15) << rows.err;
    EXPECT_EQ(nlohmann::json::parse(rows.out.substr(0, rows.out.find('\n')))["scores"].size(), 3u);
  }
  // A new encoder, whose tokenizer learns from questions and choices.
  const Outcome anew =
      train(columns +
            "--model bert --tokenizer wordpiece:60 --layers 1 --heads 2 --width 32 --max-length 24 "
            "--metric-for-best-model accuracy --num-train-epochs 40 --out new");
  // "bert" is a directory here, and so no family.
  EXPECT_EQ(anew.exit_code, 2);
  EXPECT_THAT(anew.err, HasSubstr("is for a new encoder"));
  const Outcome roberta =
      train(columns +
            "--model roberta --tokenizer bpe:300 --layers 1 --heads 2 --width 32 --dropout 0 --max-length 24 "
            "--metric-for-best-model accuracy --eval-steps 50 --num-train-epochs 60 --out new");
  ASSERT_EQ(roberta.exit_code, 0) << roberta.err;
  EXPECT_THAT(roberta.out, HasSubstr("best validation accuracy"));
  EXPECT_THAT(roberta.err, HasSubstr("questions/s"));
  EXPECT_EQ(nlohmann::json::parse(read("new/config.json"))["architectures"][0], "RobertaForMultipleChoice");
  EXPECT_EQ(attune("choose new --context 'the cow' --question 'says what' --choices woof moo").exit_code, 0);

  // The head goes on.
  const Outcome again = attune("train multiple-choice --train train.csv " + columns +
                               "--model gpt-run --max-steps 1 --out again");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, ::testing::Not(HasSubstr("new, to be learned")));
}

TEST_F(Answers, MultipleChoiceRefusesWrongUse) {
  const std::string start = "train multiple-choice --train train.csv --model bert --out run ";
  expect_refused(start + "--choices c0 c1 c2", 2, {"--context or --question"});
  expect_refused(start + "--context context --choices c0", 2, {"--choices", "two or more"});
  expect_refused(start + "--context context --choices c0 c9", 1, {"c9", "c1"});
  expect_refused(start + "--context context --choices c0 c1 --label context", 1, {"line 2", "the cat"});
  expect_refused(start + "--context context --choices c0 c1 c2 --lm-weight 1", 2, {"--lm-weight"});
  expect_refused("choose bert --context a --choices b c", 1, {"classifier.weight"});
  expect_refused("choose bert --context a", 2, {"--choices"});
  EXPECT_FALSE(exists("run/model.safetensors"));
}

TEST_F(Answers, EvalTakesGpt) {
  write("text.txt", "the cat says meow the dog says woof the cow says moo what says the cat meow the dog\n");
  const auto line = nlohmann::json::parse(attune("eval gpt --data text.txt --stride 4 --json").out);
  EXPECT_EQ(line["tokens"], 18);
  EXPECT_GT(line["perplexity"], 1.0);
}

}  // namespace
}  // namespace attune::testing
