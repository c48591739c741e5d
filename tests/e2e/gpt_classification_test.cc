// GPT's own recipe from the command line, on a tiny GPT and a tiny GPT-2.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const words[] = {"good", "bad", "great", "poor", "film", "book", "the", "a", "was", "is", "very"};

class GptClassification : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    make_model("gpt", "gpt/gelu");
    make_model("gpt2", "gpt2/odd");
    write("train.csv", table(64, 0));
    write("valid.csv", table(16, 64));
  }

  void make_model(const std::string& name, const std::string& golden) {
    fs::create_directories(path(name));
    for (const char* file : {"config.json", "model.safetensors"})
      fs::copy(fs::path(ATTUNE_GOLDENS) / golden / file, path(name) / file);
    nlohmann::json vocabulary = {{"[UNK]", 0}};
    for (const char* word : words) vocabulary[word] = vocabulary.size();
    // As many tokens as the model takes, so that it has to grow for new ones.
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
    write(name + "/tokenizer_config.json", R"({"unk_token": "[UNK]"})");
  }

  // Texts that are positive where they have a good word, with numbers and sets that say the same.
  static std::string table(int rows, int seed) {
    std::string text = "text,second,label,value,sets,is_good,is_book\n";
    for (int i = seed; i < seed + rows; ++i) {
      const bool good = i % 2 == 0, book = i % 7 >= 3;
      const std::string judged = good ? (i % 3 == 0 ? "great" : "good") : (i % 3 == 0 ? "poor" : "bad");
      text += std::string(i % 5 < 2 ? "the " : "a ") + (book ? "book" : "film") +
              (i % 4 < 2 ? " was " : " is ") + (i % 11 < 5 ? "very " : "") + judged + ",the film," +
              (good ? "positive" : "negative") + "," + (good ? "1.5" : "-0.5") + "," +
              (good ? (book ? "good|book" : "good") : (book ? "book" : "")) + "," + (good ? "1" : "0") + "," +
              (book ? "1" : "0") + "\n";
    }
    return text;
  }

  Outcome train(const std::string& more, const std::string& task = "classification") const {
    return attune("train " + task + " --train train.csv --learning-rate 5e-3 --batch-size 8 " + more);
  }
};

TEST_F(GptClassification, LearnsLabelsByTheExtractToken) {
  for (const std::string model : {"gpt", "gpt2"}) {
    SCOPED_TRACE(model);
    const Outcome trained =
        train("--model " + model + " --valid valid.csv --num-train-epochs 20 --out " + model + "-run");
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_THAT(trained.err, HasSubstr("new, to be learned: token_embedding.weight, classifier.weight"));
    EXPECT_THAT(trained.err, HasSubstr("accuracy 1,"));
    const auto config = nlohmann::json::parse(read(model + "-run/config.json"));
    EXPECT_EQ(config["architectures"][0],
              model == "gpt" ? "OpenAIGPTForSequenceClassification" : "GPT2ForSequenceClassification");
    const nlohmann::json format = {{"start_token", "_start_"},
                                   {"delimiter_token", "_delimiter_"},
                                   {"extract_token", "_classify_"},
                                   {"symmetric", false}};
    EXPECT_EQ(config["attune_input_format"], format);
    EXPECT_TRUE(config["pad_token_id"].is_number());
    EXPECT_THAT(read(model + "-run/tokenizer.json"), HasSubstr("_classify_"));

    const std::string use = "classify " + model + "-run ";
    EXPECT_THAT(attune(use + "'the book is great'").out, HasSubstr("positive\t0.9"));
    EXPECT_THAT(attune(use + "'a film was bad'").out, HasSubstr("negative\t0.9"));
    // The same labels: nothing is new, and no token is added twice.
    const Outcome again =
        train("--model " + model + "-run --max-steps 1 --lm-weight 0 --out " + model + "-again");
    ASSERT_EQ(again.exit_code, 0) << again.err;
    EXPECT_THAT(again.err, Not(HasSubstr("new, to be learned")));
    EXPECT_EQ(nlohmann::json::parse(read(model + "-again/config.json"))["vocab_size"], config["vocab_size"]);
  }
}

TEST_F(GptClassification, ASymmetricModelGivesBothOrdersTheSame) {
  const Outcome trained = train(
      "--model gpt --symmetric --text text second --label value --valid valid.csv --num-train-epochs 20 "
      "--out run",
      "regression");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("pearson 0.9"));
  const std::string one = attune("classify run 'the book is great' --pair 'the film'").out;
  EXPECT_EQ(attune("classify run 'the film' --pair 'the book is great'").out, one);
  EXPECT_NEAR(std::stod(one), 1.5, 0.5);
  const Outcome single = attune("classify run 'the film'");
  EXPECT_EQ(single.exit_code, 1);
  EXPECT_THAT(single.err, HasSubstr("compares two texts"));
  const Outcome alone = train("--model gpt --symmetric --out other", "regression");
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--symmetric takes pairs"));
}

TEST_F(GptClassification, AResumedRunEndsWithTheSameBits) {
  ASSERT_EQ(train("--model gpt2 --max-steps 8 --save-steps 4 --out whole").exit_code, 0);
  ASSERT_EQ(train("--model gpt2 --max-steps 8 --save-steps 4 --out parts").exit_code, 0);
  fs::remove_all(path("parts/checkpoint-8"));
  fs::remove(path("parts/model.safetensors"));
  const Outcome resumed = attune("train classification --resume --out parts");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read("parts/model.safetensors"), read("whole/model.safetensors"));
}

TEST_F(GptClassification, LearnsSeveralLabelsAtOnce) {
  const std::string sets = "--multi-label --label sets --label-separator '|' ";
  const std::string columns = "--label-columns is_good is_book ";
  for (const std::string& how : {sets, columns}) {
    SCOPED_TRACE(how);
    const Outcome trained =
        train(how + "--model gpt --valid valid.csv --num-train-epochs 25 --overwrite-output-dir --out run");
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_THAT(trained.err, HasSubstr("micro_f1 1,"));
    EXPECT_THAT(trained.err, HasSubstr("macro_f1 1,"));
    EXPECT_EQ(nlohmann::json::parse(read("run/config.json"))["problem_type"], "multi_label_classification");
    EXPECT_EQ(attune("classify run 'a film is bad'").out, "\n") << "none of the labels";
    const auto both = nlohmann::json::parse(attune("classify run --json 'a book is great'").out);
    EXPECT_EQ(both.size(), 2u);
  }
}

TEST_F(GptClassification, RefusesWhatMakesNoSense) {
  const std::string start = "train classification --train train.csv --out run ";
  expect_refused(start + "--model gpt --class-weights good=2", 2, {"no label good", "negative, positive"});
  expect_refused(start + "--model gpt --class-weights positive=x", 2, {"positive", "\"x\""});
  expect_refused(start + "--model gpt --class-weights positive=2 --label-columns is_good is_book", 2,
                 {"--class-weights", "several"});
  expect_refused(start + "--model gpt --lm-weight -1", 2, {"--lm-weight"});
  expect_refused(start + "--model gpt --label-columns is_good value", 1,
                 {"train.csv: line 2", "value", "1.5"});
  expect_refused(start + "--model gpt --max-length 2", 2, {"--max-length is 2", "at least 3"});
  make_model("bert", "encoders/bert/bare");
  expect_refused(start + "--model bert --lm-weight 0.5", 2, {"--lm-weight is for openai-gpt and gpt2"});
  expect_refused(start + "--model bert --symmetric --text text second", 2, {"--symmetric is for"});
}

TEST_F(GptClassification, ClassWeightsChangeWhatIsLearned) {
  const auto model = [&](const std::string& weights, const std::string& out) {
    const Outcome outcome = train("--model gpt2 --max-steps 4 " + weights + " --out " + out);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return read(out + "/model.safetensors");
  };
  const std::string plain = model("", "plain");
  EXPECT_EQ(model("--class-weights positive=1,negative=1", "ones"), plain);
  EXPECT_NE(model("--class-weights positive=9", "nine"), plain);
  EXPECT_EQ(train("--model gpt2 --max-steps 1 --class-weights balanced --out balanced").exit_code, 0);
}

}  // namespace
}  // namespace attune::testing
