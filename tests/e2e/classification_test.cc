// Fine-tuning and running classifiers from the command line, on a tiny BERT.
#include <gmock/gmock.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const words[] = {"good", "bad", "great", "poor", "film", "book", "the", "a", "was", "is", "very"};

class Classification : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    fs::create_directories(path("bert"));
    for (const char* file : {"config.json", "model.safetensors"})
      fs::copy(fs::path(ATTUNE_GOLDENS) / "encoders/bert/bare" / file, path("bert") / file);
    write("bert/tokenizer.json", tokenizer());
    write("bert/tokenizer_config.json",
          R"({"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"})");
    write("train.csv", table(64, 0));
    write("valid.csv", table(16, 64));
  }

  // Words of the model's vocabulary, whole; a pair is [CLS] first [SEP] second [SEP].
  static std::string tokenizer() {
    nlohmann::json vocabulary = {{"[PAD]", 0}, {"[UNK]", 1}, {"[CLS]", 2}, {"[SEP]", 3}};
    for (const char* word : words) vocabulary[word] = vocabulary.size();
    nlohmann::json added = nlohmann::json::array(), special;
    for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]"}) {
      added.push_back({{"id", vocabulary[token]},
                       {"content", token},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", true}});
      special[token] = {{"id", token}, {"ids", {vocabulary[token]}}, {"tokens", {token}}};
    }
    const auto token = [](const char* id, int type) {
      return nlohmann::json{{"SpecialToken", {{"id", id}, {"type_id", type}}}};
    };
    const auto text = [](const char* id, int type) {
      return nlohmann::json{{"Sequence", {{"id", id}, {"type_id", type}}}};
    };
    const nlohmann::json file = {
        {"version", "1.0"},
        {"added_tokens", added},
        {"normalizer", nullptr},
        {"pre_tokenizer", {{"type", "Whitespace"}}},
        {"decoder", nullptr},
        {"post_processor",
         {{"type", "TemplateProcessing"},
          {"single", {token("[CLS]", 0), text("A", 0), token("[SEP]", 0)}},
          {"pair", {token("[CLS]", 0), text("A", 0), token("[SEP]", 0), text("B", 1), token("[SEP]", 1)}},
          {"special_tokens", special}}},
        {"model", {{"type", "WordLevel"}, {"vocab", vocabulary}, {"unk_token", "[UNK]"}}}};
    return file.dump();
  }

  // Texts that are positive where they have a good word, with a number that says the same.
  static std::string table(int rows, int seed) {
    std::string text = "text,second,label,value\n";
    for (int i = seed; i < seed + rows; ++i) {
      const bool good = i % 2 == 0;
      const std::string judged = good ? (i % 3 == 0 ? "great" : "good") : (i % 3 == 0 ? "poor" : "bad");
      text += std::string(i % 5 < 2 ? "the " : "a ") + (i % 7 < 3 ? "film" : "book") +
              (i % 4 < 2 ? " was " : " is ") + (i % 11 < 5 ? "very " : "") + judged + ",the film," +
              (good ? "positive" : "negative") + "," + (good ? "1.5" : "-0.5") + "\n";
    }
    return text;
  }

  // The bytes of every tensor of a safetensors file.
  std::map<std::string, std::string> tensors(const std::string& file) const {
    const std::string all = read(file);
    std::uint64_t length = 0;
    std::memcpy(&length, all.data(), sizeof(length));
    std::map<std::string, std::string> found;
    const auto header = nlohmann::json::parse(all.substr(8, length));
    for (const auto& [name, tensor] : header.items()) {
      if (name == "__metadata__") continue;
      const std::size_t begin = tensor["data_offsets"][0], end = tensor["data_offsets"][1];
      found.emplace(name, all.substr(8 + length + begin, end - begin));
    }
    return found;
  }

  Outcome train(const std::string& more, const std::string& task = "classification") const {
    return attune("train " + task + " --train train.csv --learning-rate 1e-2 --batch-size 8 " + more);
  }
};

TEST_F(Classification, LearnsLabelsAndGivesThem) {
  const Outcome trained =
      train("--model bert --valid valid.csv --num-train-epochs 20 --eval-steps 40 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("labels: negative, positive"));
  EXPECT_THAT(trained.err, HasSubstr("new, to be learned: "));
  EXPECT_THAT(trained.err, HasSubstr("accuracy 1,"));
  EXPECT_THAT(trained.out, HasSubstr("attune classify run"));
  const auto config = nlohmann::json::parse(read("run/config.json"));
  EXPECT_EQ(config["architectures"][0], "BertForSequenceClassification");
  EXPECT_EQ(config["id2label"]["1"], "positive");
  EXPECT_EQ(config["label2id"]["negative"], 0);
  EXPECT_THAT(nlohmann::json::parse(read("run/tokenizer_config.json"))["model_input_names"],
              ::testing::Contains("token_type_ids"))
      << "transformers would leave the second text of a pair untold";

  EXPECT_THAT(attune("classify run 'the book is great'").out, HasSubstr("positive\t0.9"));
  EXPECT_THAT(attune("classify run --json --top-k 2 'a film was bad'").out,
              HasSubstr(R"([{"label":"negative","score":0.9)"));
  const Outcome lines = attune("classify run", "the film was good\n\nthe film was poor\n");
  EXPECT_EQ(lines.exit_code, 0) << lines.err;
  EXPECT_EQ(std::ranges::count(lines.out, '\n'), 3) << "an empty line has a label too";
  const Outcome rows = attune("classify run --input valid.csv");
  EXPECT_EQ(std::ranges::count(rows.out, '\n'), 16);
  EXPECT_THAT(rows.out, ::testing::StartsWith("positive\t"));
  EXPECT_EQ(attune("classify run --input valid.csv --out answers.tsv").out, "");
  EXPECT_EQ(read("answers.tsv"), rows.out);
  write("lines.txt", "the film was good\n\nthe film was poor\n");
  EXPECT_EQ(attune("classify run --input lines.txt --batch-size 1").out, lines.out);
  EXPECT_EQ(attune("classify run 'the film was good' '' 'the film was poor'").out, lines.out);

  // The same labels: the head goes on. Others: a new one.
  const Outcome again = train("--model run --max-steps 1 --out again");
  EXPECT_THAT(again.err, Not(HasSubstr("new, to be learned")));
  const Outcome other = train("--model run --label value --max-steps 1 --out other");
  EXPECT_THAT(other.err, HasSubstr("new, to be learned: classifier.weight, classifier.bias"));
}

TEST_F(Classification, LearnsNumbersOfPairs) {
  const Outcome trained = train(
      "--model bert --valid valid.csv --text text second --label value --num-train-epochs 20 "
      "--out run",
      "regression");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("pearson 1,"));
  EXPECT_EQ(nlohmann::json::parse(read("run/config.json"))["problem_type"], "regression");
  const double good = std::stod(attune("classify run 'the book is great' --pair 'the film'").out);
  EXPECT_NEAR(good, 1.5, 0.3);
  EXPECT_EQ(std::stod(attune("classify run", "the book is great\tthe film\n").out), good)
      << "a tab divides a pair";
}

TEST_F(Classification, AResumedRunEndsWithTheSameBits) {
  ASSERT_EQ(train("--model bert --max-steps 20 --save-steps 10 --out whole").exit_code, 0);
  ASSERT_EQ(train("--model bert --max-steps 20 --save-steps 10 --out parts").exit_code, 0);
  fs::remove_all(path("parts/checkpoint-20"));
  fs::remove(path("parts/model.safetensors"));
  const Outcome resumed = attune("train classification --resume --out parts");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read("parts/model.safetensors"), read("whole/model.safetensors"));
}

TEST_F(Classification, FreezesByNameAndDecaysByLayer) {
  const Outcome trained = train(
      "--model bert --freeze 'bert.embeddings.*' 'bert.encoder.layer.0.attention.*' --layer-lr-decay 0.8 "
      "--weight-decay 0.1 --max-steps 12 --save-steps 6 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr(" texts/s "));
  const auto before = tensors("bert/model.safetensors");
  int same = 0;
  for (const auto& [full_name, bytes] : tensors("run/model.safetensors")) {
    const std::string name = full_name.starts_with("bert.") ? full_name.substr(5) : full_name;
    if (!before.contains(name)) continue;  // of the head
    const bool frozen = name.starts_with("embeddings.") || name.starts_with("encoder.layer.0.attention.");
    EXPECT_EQ(bytes == before.at(name), frozen) << name;
    same += frozen ? 1 : 0;
  }
  EXPECT_EQ(same, 5 + 10);
  const auto config = nlohmann::json::parse(read("run/training_config.json"));
  EXPECT_EQ(config["freeze"][0], "bert.embeddings.*");
  EXPECT_EQ(config["layer_lr_decay"], 0.8);

  fs::remove_all(path("run/checkpoint-12"));
  const std::string whole = read("run/model.safetensors");
  fs::remove(path("run/model.safetensors"));
  ASSERT_EQ(attune("train classification --resume --out run").exit_code, 0);
  EXPECT_EQ(read("run/model.safetensors"), whole);

  fs::remove_all(path("run"));
  const std::string start = "train classification --out run --model bert --train train.csv ";
  expect_refused(start + "--freeze 'bert.encoder.layers.*'", 2,
                 {"--freeze \"bert.encoder.layers.*\" fits none", "bert.encoder.layer.0."});
  expect_refused(start + "--freeze '*'", 2, {"nothing left to train"});
  expect_refused(start + "--layer-lr-decay 1.5", 2, {"--layer-lr-decay is 1.5, expected at most 1"});
}

TEST_F(Classification, ANewEncoderLearnsFromTheBeginning) {
  const Outcome trained = train(
      "--model distilbert --tokenizer wordpiece:60 --layers 1 --heads 2 --width 16 --context 24 --valid "
      "valid.csv "
      "--num-train-epochs 20 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("accuracy 1,"));
  EXPECT_EQ(nlohmann::json::parse(read("run/config.json"))["architectures"][0],
            "DistilBertForSequenceClassification");
  EXPECT_THAT(attune("classify run 'the book is great'").out, ::testing::StartsWith("positive\t"));
}

TEST_F(Classification, RefusesWhatCannotBeLearned) {
  write("unlabelled.csv", "text,label\nthe film,\na book,positive\n");
  write("other.csv", "text,label\nthe film,neutral\n");
  write("one.csv", "text,label\nthe film,good\nthe book,good\n");
  const std::string start = "train classification --out run ";
  expect_refused(start + "--train train.csv", 2, {"--model is missing"});
  expect_refused(start + "--model bert", 2, {"--train FILE is missing"});
  expect_refused(start + "--model bert --train none.csv", 1, {"none.csv"});
  expect_refused(start + "--model bert --train train.csv --label lable", 1, {"lable", "label", "value"});
  expect_refused(start + "--model bert --train unlabelled.csv", 1, {"unlabelled.csv: line 2", "empty"});
  expect_refused(start + "--model bert --train train.csv --valid other.csv", 1,
                 {"other.csv: line 2", "neutral", "positive"});
  expect_refused(start + "--model bert --train one.csv", 1, {"\"good\"", "nothing to learn"});
  expect_refused(start + "--model bert --train train.csv --batch-size 0", 2, {"--batch-size is 0"});
  expect_refused(start + "--model bert --train train.csv --max-length 2", 2,
                 {"--max-length is 2", "at least 3"});
  expect_refused(start + "--model . --train train.csv", 1, {".: no tokenizer"});
  expect_refused("train regression --out run --model bert --train train.csv", 1,
                 {"train.csv: line 2", "positive"});
}

TEST_F(Classification, ARecipeMayGiveTheStepsAlone) {
  write("recipe.json", R"({"max_steps": 2, "batch_size": 8})");
  const Outcome trained =
      attune("train classification --train train.csv --model bert --config recipe.json --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr("Finished after 2 steps"));
}

TEST_F(Classification, TellsOfBytesThatAreNoText) {
  ASSERT_EQ(train("--model bert --max-steps 1 --out run").exit_code, 0);
  const Outcome lines = attune("classify run", "the film\nwas \xff good\n");
  EXPECT_EQ(lines.exit_code, 0) << lines.err;
  EXPECT_THAT(lines.err, HasSubstr("line 2 has bytes that are not valid UTF-8"));
}

TEST_F(Classification, ClassifyRefusesWrongUse) {
  expect_refused("classify bert 'a film'", 1, {"classifier.weight"});
  expect_refused("classify bert a b --pair c", 2, {"--pair goes with one TEXT, there are 2"});
  expect_refused("classify bert a --top-k 0", 2, {"--top-k is 0"});
  expect_refused("classify bert a --input valid.csv", 2, {"exclude one another"});
  expect_refused("classify bert a --dtype float8", 2, {"float8"});
}

TEST_F(Classification, LongTextsAreCut) {
  ASSERT_EQ(train("--model bert --max-steps 1 --out run").exit_code, 0);
  std::string text;
  for (int i = 0; i < 100; ++i) text += "very ";
  EXPECT_EQ(attune("classify run '" + text + "'").exit_code, 0);
}

}  // namespace
}  // namespace attune::testing
