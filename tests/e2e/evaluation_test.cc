// attune eval and attune info on every kind of model that attune train makes, on tiny models: the numbers are
// those that training reported of the same file.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const tokens[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad",   "film", "book", "the",
                              "was",   "is",    "anna",  "otto",  "in",   "paris", "rome", ".",    "##n"};

class Evaluation : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    fs::create_directories(path("tiny"));
    for (const char* file : {"config.json", "model.safetensors"})  // takes 12 tokens
      fs::copy(fs::path(ATTUNE_GOLDENS) / "encoders/bert/bare" / file, path("tiny") / file);
    std::string vocabulary;
    for (const char* token : tokens) vocabulary += std::string(token) + "\n";
    write("tiny/vocab.txt", vocabulary);
    write("train.csv", table(40, 0));
    write("valid.csv", table(13, 3));
    write("text.txt", documents());
  }

  static std::string table(int rows, int seed) {
    std::string text = "text,second,label,value,sets,good,book,a,b,right\n";
    for (int i = seed; i < seed + rows; ++i) {
      const bool good = i % 2 == 0, book = i % 5 < 2;
      text += std::string("the ") + (book ? "book" : "film") + (i % 3 == 0 ? " was " : " is ") +
              (good ? "good" : "bad") + ",the film was in rome," + (good ? "yes" : "no") + "," +
              (good ? "1.5" : "-0.5") + "," + (good ? (book ? "good|book" : "good") : (book ? "book" : "")) +
              "," + (good ? "1" : "0") + "," + (book ? "1" : "0") + ",good film,bad book," +
              (good ? "0" : "1") + "\n";
    }
    return text;
  }
  static std::string words(int count, int seed) {
    std::string text;
    for (int i = seed; i < seed + count; ++i)
      text += std::string(i % 2 == 0 ? "Anna" : "Otto") + "\tB-per\nis\tO\nin\tO\n" +
              (i % 3 == 0 ? "Paris" : "Rome") + "\tB-loc\n.\tO\n\n";
    return text;
  }
  static std::string documents() {
    std::string text;
    for (int i = 0; i < 30; ++i) {
      for (int line = 0; line < 2 + i % 3; ++line)
        text += std::string("the ") + (i % 2 == 0 ? "film" : "book") +
                (line % 2 == 0 ? " was good" : " is bad") + " in " + (i % 3 == 0 ? "rome" : "paris") + "\n";
      text += "\n";
    }
    return text;
  }
  static std::string squad() {
    json paragraphs = json::array();
    for (int i = 0; i < 12; ++i) {
      const std::string person = i % 2 == 0 ? "Anna" : "Otto", place = i % 3 == 0 ? "Rome" : "Paris";
      const std::string context = person + " is in " + place + ".";
      const auto question = [&](const char* id, const char* text, const std::string& answer) {
        return json{{"id", id + std::to_string(i)},
                    {"question", text},
                    {"answers", {{{"text", answer}, {"answer_start", context.find(answer)}}}}};
      };
      paragraphs.push_back(
          {{"context", context}, {"qas", {question("a", "film", person), question("b", "book", place)}}});
    }
    return json{{"version", "1.1"}, {"data", {{{"title", "T"}, {"paragraphs", paragraphs}}}}}.dump();
  }

  void train(const std::string& arguments) const {
    const Outcome trained = attune("train " + arguments + " --threads 1");
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
  }
  // What the run in `out` found of its validation data at last.
  json logged(const std::string& out) const {
    std::istringstream lines(read(out + "/log.jsonl"));
    json last;
    for (std::string line; std::getline(lines, line);) {
      const json record = json::parse(line);
      if (record.contains("eval_loss")) last = record;
    }
    return last;
  }
  // Evaluation gives what training said, under the same names; `most` apart.
  void expect_as_trained(const std::string& out, const std::string& arguments, double most = 2e-6) const {
    SCOPED_TRACE(out + " " + arguments);
    const Outcome evaluated = attune("eval " + out + " --json " + arguments);
    ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
    const json found = json::parse(evaluated.out);
    int compared = 0;
    const json reported = logged(out);
    for (const auto& [name, value] : reported.items()) {
      if (!name.starts_with("eval_") || name == "eval_seconds") continue;
      ASSERT_TRUE(found.contains(name.substr(5))) << name << ": " << evaluated.out;
      EXPECT_NEAR(found[name.substr(5)].get<double>(), value.get<double>(), most) << name;
      ++compared;
    }
    EXPECT_GE(compared, 2);
  }
};

const std::string learn = " --learning-rate 5e-3 --batch-size 8 --max-steps 12 ";

TEST_F(Evaluation, OfClassifiersIsWhatTrainingSaid) {
  const std::string start = "--model tiny --train train.csv --valid valid.csv" + learn;
  train("classification " + start + "--out one");
  expect_as_trained("one", "--data valid.csv");
  expect_as_trained("one", "--data valid.csv --batch-size 3");
  expect_as_trained("one", "--data valid.csv --dtype bfloat16", 0.2);
  const Outcome shown = attune("eval one --data valid.csv");
  EXPECT_THAT(shown.out, AllOf(HasSubstr("accuracy"), HasSubstr("matthews correlation"), HasSubstr("texts")));
  train("classification --text text second --label label --max-length 9 " + start + "--out pairs");
  expect_as_trained("pairs", "--data valid.csv --text text second --max-length 9");
  train("regression --label value " + start + "--out number");
  expect_as_trained("number", "--data valid.csv --label value");
  train("classification --multi-label --label sets --label-separator '|' " + start + "--out sets");
  expect_as_trained("sets", "--data valid.csv --label sets --label-separator '|'");
  // Labels are book, good: columns may stand in any order.
  expect_as_trained("sets", "--data valid.csv --label-columns good book");
  train("classification --dtype bfloat16 " + start + "--out narrow");
  expect_as_trained("narrow", "--data valid.csv --dtype bfloat16", 0.05);

  write("other.csv", "text,label\nthe film,yes\nthe book,perhaps\n");
  expect_refused("eval one --data other.csv", 1, {"other.csv: line 3", "perhaps", "\"no\", \"yes\""});
  expect_refused("eval one --data valid.csv --label lable", 1, {"lable"});
  expect_refused("eval one --data valid.csv --stride 4", 2,
                 {"--stride is for language models", "one is none"});
  expect_refused("eval one --data valid.csv --label-columns good book", 2, {"--label-columns", "one is a"});
  expect_refused("eval sets --data valid.csv --label-columns good film", 2,
                 {"no label \"film\"", "book, good"});
  expect_refused("eval sets --data valid.csv --label-columns good good", 2, {"\"book\" is missing"});
  expect_refused("eval number --data valid.csv", 1, {"valid.csv: line 2"});
  expect_refused("eval tiny --data valid.csv", 1, {"tiny", "without a head"});
}

TEST_F(Evaluation, OfTaggersIsWhatTrainingSaid) {
  write("train.conll", words(30, 0));
  write("valid.conll", words(7, 1));
  train("token-classification --model tiny --train train.conll --valid valid.conll" + learn + "--out run");
  expect_as_trained("run", "--data valid.conll");
  EXPECT_THAT(attune("eval run --data valid.conll").out, AllOf(HasSubstr("recall"), HasSubstr("sentences")));
  write("other.conll", "Anna B-per\nRome B-city\n");
  expect_refused("eval run --data other.conll", 1, {"other.conll: line 2", "\"B-city\""});
  expect_refused("eval run --data valid.conll --label label", 2, {"--label is for sequence classifiers"});
  expect_refused("eval run --data valid.conll --word-column 0", 2, {"--word-column is 0"});
}

TEST_F(Evaluation, OfAnswersIsWhatTrainingSaid) {
  write("squad.json", squad());
  train("question-answering --model tiny --train squad.json --valid squad.json" + learn + "--out run");
  expect_as_trained("run", "--data squad.json", 1e-4);
  expect_refused("eval run --data squad.json squad.json", 2, {"2 files"});
  expect_refused("eval run --data squad.json --doc-stride 500", 2, {"--doc-stride is 500"});

  const std::string columns = "--question text --choices a b --label right ";
  train("multiple-choice --model tiny --train train.csv --valid valid.csv " + columns + learn +
        "--out choice");
  expect_as_trained("choice", "--data valid.csv " + columns);
  expect_refused("eval choice --data valid.csv --label right", 2, {"--context or --question"});
  expect_refused("eval choice --data valid.csv --question text --choices a b --label value", 1,
                 {"valid.csv: line"});
}

TEST_F(Evaluation, OfMaskedTokensIsWhatTrainingSaid) {
  const std::string start =
      "mlm --train text.txt --valid text.txt --tokenizer wordpiece:60 --layers 1 --heads 2 --width 16 "
      "--context 24 --batch-size 8 --max-steps 6 ";
  train(start + "--model bert --seed 7 --out run");
  expect_as_trained("run", "--data text.txt", 1e-5);
  train(start + "--model bert --next-sentence --no-packing --mask-probability 0.3 --out next");
  expect_as_trained("next", "--data text.txt --no-packing --mask-probability 0.3", 1e-5);
  train(start + "--model albert --sentence-order --whole-word-mask --out order");
  expect_as_trained("order", "--data text.txt --whole-word-mask", 1e-5);
  expect_refused("eval run --data text.txt --context 64", 2, {"--context is 64", "takes 24"});
  expect_refused("eval run --data text.txt --next-sentence", 2,
                 {"--next-sentence is for models with a head"});
  expect_refused("eval run --data text.txt --text a", 2, {"--text is for sequence classifiers"});
}

TEST_F(Evaluation, OfTextToTextIsWhatTrainingSaid) {
  write("pairs.csv", "source,target\nthe film,film\nthe book,book\nthe good film,good film\n");
  train(
      "text2text --model t5 --tokenizer bpe:280 --layers 1 --heads 2 --width 16 --train pairs.csv --valid "
      "pairs.csv --bleu --max-steps 6 --out run");
  expect_as_trained("run", "--data pairs.csv", 1e-5);
}

TEST_F(Evaluation, InfoDescribesEncodersAndHeads) {
  const Outcome bare = attune("info tiny --shapes");
  ASSERT_EQ(bare.exit_code, 0) << bare.err;
  for (const char* words : {"BERT without a head, 1 layers", "context 12", "layers.*.self_attention",
                            "1 layers of", "embeddings", "pooler", "self_attention weights", "18 tokens"})
    EXPECT_THAT(bare.out, HasSubstr(words));
  EXPECT_THAT(bare.out, Not(HasSubstr("keys and values")));

  train("classification --model tiny --train train.csv --valid valid.csv" + learn + "--out run");
  const Outcome run = attune("info run --shapes --batch-size 3 --context 5");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* words : {"BERT for sequence classification", "Labels           2: no, yes", "classifier",
                            "(B, L) = (3, 2)", "(B, T, D) = (3, 5, ", "12 steps, loss"})
    EXPECT_THAT(run.out, HasSubstr(words));
  EXPECT_EQ(attune("info run --context 13").exit_code, 2);

  const fs::path goldens = ATTUNE_GOLDENS;
  const std::pair<const char*, const char*> directories[] = {
      {"encoders/roberta/mlm", "RoBERTa for masked language modelling"},
      {"encoders/xlm-roberta/mlm", "XLM-RoBERTa for masked language modelling"},
      {"encoders/distilbert/span", "DistilBERT for question answering"},
      {"encoders/albert/pretraining", "all layers share their weights"},
      {"encoders/bert/choice", "BERT for multiple choice"},
      {"gpt_heads/gpt2/classification", "GPT-2 for sequence classification"},
      {"gpt_heads/openai-gpt/regression", "GPT for sequence classification"},
      {"gpt_heads/openai-gpt/choice", "GPT for multiple choice"},
      {"encoders/bert/tokens", "BERT for token classification"},
      {"encoders/bert/multilabel", ", any number of them a text: "},
      {"encoders/bert/regression", "a number a text"},
      {"encoders/bert/old", "BERT without a head"},
      {"encoders/bert/bf16", "for masked language modelling"}};
  for (const auto& [directory, words] : directories) {
    const Outcome described = attune("info " + (goldens / directory).string() + " --shapes");
    EXPECT_EQ(described.exit_code, 0) << directory << described.err;
    EXPECT_THAT(described.out, HasSubstr(words)) << directory;
  }
}

}  // namespace
}  // namespace attune::testing
