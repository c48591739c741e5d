// Fine-tuning and running taggers of words from the command line, on a tiny BERT.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const tokens[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "anna",  "otto",  "beck", "lives", "works",
                              "in",    "near",  "paris", "lon",   "##don", "##sdo", "rome", ".",     ","};

class TokenClassification : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    fs::create_directories(path("bert"));
    for (const char* file : {"config.json", "model.safetensors"})  // takes 12 tokens
      fs::copy(fs::path(ATTUNE_GOLDENS) / "encoders/bert/bare" / file, path("bert") / file);
    std::string vocabulary;
    for (const char* token : tokens) vocabulary += std::string(token) + "\n";
    write("bert/vocab.txt", vocabulary);
    write("train.conll", sentences(60, 0));
    write("valid.conll", sentences(15, 60));
  }

  // "anna beck lives in london ." with persons and places: B-per I-per O O B-loc O.
  static std::string sentences(int count, int seed) {
    std::string text;
    for (int i = seed; i < seed + count; ++i) {
      text += i % 2 == 0 ? "Anna\tB-per\n" : "Otto\tB-per\n";
      if (i % 3 == 0) text += "Beck\tI-per\n";
      text += i % 5 < 2 ? "lives\tO\n" : "works\tO\n";
      text += i % 7 < 3 ? "in\tO\n" : "near\tO\n";
      text += i % 4 == 0 ? "Paris\tB-loc\n" : i % 4 == 1 ? "Rome\tB-loc\n" : "London\tB-loc\n";
      text += ".\tO\n\n";
    }
    return text;
  }

  Outcome train(const std::string& more) const {
    return attune("train token-classification --train train.conll --learning-rate 1e-2 --batch-size 8 " +
                  more);
  }
  void learn() const {
    const Outcome trained =
        train("--model bert --valid valid.conll --num-train-epochs 30 --eval-steps 120 --out run");
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_THAT(trained.err, HasSubstr("precision 1, recall 1, f1 1, accuracy 1"));
  }
};

TEST_F(TokenClassification, LearnsLabelsAndGivesThem) {
  const Outcome trained =
      train("--model bert --valid valid.conll --num-train-epochs 30 --eval-steps 120 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("labels: B-loc, B-per, I-per, O\n"));
  EXPECT_THAT(trained.err, HasSubstr("new, to be learned: classifier.weight, classifier.bias"));
  EXPECT_THAT(trained.err, HasSubstr("precision 1, recall 1, f1 1, accuracy 1"));
  EXPECT_THAT(trained.err, Not(HasSubstr("have more than")));
  EXPECT_THAT(trained.out, HasSubstr("attune tag run"));
  const auto config = nlohmann::json::parse(read("run/config.json"));
  EXPECT_EQ(config["architectures"][0], "BertForTokenClassification");
  EXPECT_EQ(config["id2label"]["2"], "I-per");
  EXPECT_EQ(config["label2id"]["O"], 3);

  EXPECT_EQ(attune("tag run 'Anna Beck lives in London.'").out,
            "Anna\tB-per\nBeck\tI-per\nlives\tO\nin\tO\nLondon\tB-loc\n.\tO\n\n");
  EXPECT_EQ(attune("tag run", "otto works\tnear Rome\n\nOtto\n").out,
            "otto\tB-per\nworks\tO\nnear\tO\nRome\tB-loc\n\n\nOtto\tB-per\n\n")
      << "a text a line, a blank line after each";
  const Outcome json = attune("tag run --json '\u00a0 Anna Beck works near London.' '.'");
  ASSERT_EQ(json.exit_code, 0) << json.err;
  const auto end = json.out.find('\n');
  const auto entities = nlohmann::json::parse(json.out.substr(0, end));
  ASSERT_EQ(entities.size(), 2u) << json.out;
  EXPECT_EQ(entities[0]["text"], "Anna Beck");
  EXPECT_EQ(entities[0]["label"], "per");
  EXPECT_EQ(entities[0]["start"], 2) << "in characters";
  EXPECT_EQ(entities[0]["end"], 11);
  EXPECT_GT(entities[0]["score"], 0.9);
  EXPECT_EQ(entities[1]["text"], "London");
  EXPECT_EQ(json.out.substr(end), "\n[]\n");

  // The same labels: the head goes on. Others: a new one.
  EXPECT_THAT(train("--model run --max-steps 1 --out again").err, Not(HasSubstr("new, to be learned")));
  EXPECT_THAT(train("--model run --label-column 1 --word-column 2 --max-steps 1 --out other").err,
              HasSubstr("new, to be learned: classifier.weight, classifier.bias"));
}

TEST_F(TokenClassification, TagsConllFilesWordForWord) {
  learn();
  const Outcome tagged = attune("tag run --input valid.conll --out tagged.txt");
  ASSERT_EQ(tagged.exit_code, 0) << tagged.err;
  EXPECT_EQ(read("tagged.txt"), read("valid.conll"));
  write("columns.txt", "1 Anna. x\n2 lives x\n\n1 Rome y\n");
  const std::string expected = "Anna.\tB-per\nlives\tO\n\nRome\tB-loc\n\n";
  EXPECT_EQ(attune("tag run --input columns.txt --conll --word-column 2").out, expected);
  EXPECT_EQ(attune("tag run --conll", "Anna.\nlives\n\nRome\n").out, expected) << "words alone";
  EXPECT_THAT(attune("tag run --conll --json", "Anna\nBeck\nin\nRome\n").out,
              HasSubstr(R"("text":"Rome","label":"loc","start":13,"end":17)"));
}

TEST_F(TokenClassification, GoesOnBeyondTheModelsLength) {
  learn();
  std::string text, expected;
  for (int i = 0; i < 40; ++i) {
    text += "Anna lives in London . ";
    expected += "Anna\tB-per\nlives\tO\nin\tO\nLondon\tB-loc\n.\tO\n";
  }
  EXPECT_EQ(attune("tag run '" + text + "'").out, expected + "\n");
  EXPECT_EQ(attune("tag run " + std::string(1000, 'x') + "lon").exit_code, 0);
}

TEST_F(TokenClassification, CutsLongSentencesAndSaysSo) {
  write("long.conll", "Anna B-per\nlives O\nin O\nLondon B-loc\n\nRome B-loc\n");  // 7 tokens and 3
  const Outcome trained = attune(
      "train token-classification --model bert --train long.conll --valid long.conll "
      "--max-length 5 "
      "--max-steps 2 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("1 of the 2 training sentences have more than 5 tokens"));
  EXPECT_THAT(trained.err, HasSubstr("count as predicted O"));
}

TEST_F(TokenClassification, LearnsLabelsThatAreNotOfEntities) {
  write("pos.conll", "1\tAnna\tNOUN\t_\n2\tlives\tVERB\t_\n\n1\tOtto\tNOUN\t_\n2\tworks\tVERB\t_\n");
  const Outcome trained = attune(
      "train token-classification --model bert --train pos.conll --valid pos.conll --word-column 2 "
      "--label-column 3 --learning-rate 1e-2 --max-steps 60 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("labels: NOUN, VERB"));
  EXPECT_THAT(trained.err, HasSubstr("not those of entities"));
  EXPECT_THAT(trained.err, HasSubstr(", accuracy 1"));
  EXPECT_THAT(trained.err, Not(HasSubstr("f1")));
  EXPECT_EQ(attune("tag run 'otto lives'").out, "otto\tNOUN\nlives\tVERB\n\n");
}

TEST_F(TokenClassification, AResumedRunEndsWithTheSameBits) {
  ASSERT_EQ(train("--model bert --max-steps 20 --save-steps 10 --out whole").exit_code, 0);
  ASSERT_EQ(train("--model bert --max-steps 20 --save-steps 10 --out parts").exit_code, 0);
  fs::remove_all(path("parts/checkpoint-20"));
  fs::remove(path("parts/model.safetensors"));
  const Outcome resumed = attune("train token-classification --resume --out parts");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read("parts/model.safetensors"), read("whole/model.safetensors"));
}

TEST_F(TokenClassification, LearnsFromTheBeginning) {
  for (const std::string model : {"albert --tokenizer wordpiece:60", "roberta --tokenizer bpe:300"}) {
    SCOPED_TRACE(model);
    const Outcome trained =
        train("--valid valid.conll --num-train-epochs 30 --eval-steps 60 --out run --model " + model +
              " --layers 1 --heads 2 --width 32 --context 48 --dropout 0 "
              "--metric-for-best-model f1 --overwrite-output-dir");
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_THAT(trained.err, HasSubstr("words/s"));
    EXPECT_THAT(trained.out, HasSubstr("best validation f1 1.0000"));
    EXPECT_EQ(attune("tag run 'Anna Beck lives in London .'").out,
              "Anna\tB-per\nBeck\tI-per\nlives\tO\nin\tO\nLondon\tB-loc\n.\tO\n\n");
  }
  const Outcome resumed = attune("train token-classification --resume --num-train-epochs 31 --out run");
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
}

TEST_F(TokenClassification, RefusesWhatCannotBeLearned) {
  write("other.conll", "Anna B-per\n\nRome B-city\n");
  write("typo.conll", "Anna B-per\nlives O\nin o\n");
  write("one.conll", "lives O\n\nin O\n");
  write("columns.conll", "Anna B-per\nlives x O\n");
  const std::string start = "train token-classification --out run ";
  expect_refused(start + "--train train.conll", 2, {"--model is missing"});
  expect_refused(start + "--model bert", 2, {"--train FILE is missing"});
  expect_refused(start + "--model bert --train none.conll", 1, {"none.conll"});
  expect_refused(start + "--model bart --train train.conll", 2, {"--model bart", "bert, roberta"});
  expect_refused(start + "--model albert --train train.conll", 2, {"--tokenizer is missing"});
  expect_refused(start + "--model bert --train train.conll --layers 2", 2, {"--layers is for a new encoder"});
  expect_refused(start + "--model bert --train train.conll --metric-for-best-model f1", 2, {"--valid"});
  expect_refused(
      start + "--model bert --train train.conll --valid valid.conll --metric-for-best-model exact_match", 2,
      {"exact_match", "loss, precision, recall, f1, accuracy"});
  expect_refused(start + "--model bert --train train.conll --valid other.conll", 1,
                 {"other.conll: line 3", "\"B-city\"", "\"B-loc\""});
  expect_refused(start + "--model bert --train typo.conll", 1, {"typo.conll: line 3", "\"o\""});
  expect_refused(start + "--model bert --train one.conll", 1, {"\"O\"", "nothing to learn"});
  expect_refused(start + "--model bert --train columns.conll", 1, {"columns.conll: line 2", "3 columns"});
  expect_refused(start + "--model bert --train train.conll --label-column 3", 1, {"line 1", "2 columns"});
  expect_refused(start + "--model bert --train train.conll --label-column -1", 2, {"--label-column is -1"});
  expect_refused(start + "--model bert --train train.conll --word-column 0", 2, {"--word-column is 0"});
  expect_refused(start + "--model bert --train train.conll --label-column 1", 2, {"both 1"});
  expect_refused(start + "--model bert --train train.conll --batch-size 0", 2, {"--batch-size is 0"});
  expect_refused(start + "--model bert --train train.conll --max-length 2", 2,
                 {"--max-length is 2", "at least 3"});
}

TEST_F(TokenClassification, TagRefusesWrongUse) {
  expect_refused("tag bert 'Anna'", 1, {"classifier.weight"});
  expect_refused("tag bert Anna --input valid.conll", 2, {"exclude one another"});
  expect_refused("tag bert Anna --conll", 2, {"exclude one another"});
  expect_refused("tag bert Anna --pair Otto", 2, {"--pair"});
  expect_refused("tag bert --input valid.csv --text a b", 2, {"two columns"});
  expect_refused("tag bert --input valid.conll --word-column 0", 2, {"--word-column is 0"});
}

}  // namespace
}  // namespace attune::testing
