// Pre-training encoders from the command line and filling masks, on tiny models.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string tiny =
    "--layers 1 --heads 2 --width 32 --context 32 --learning-rate 5e-3 --batch-size 8 --threads 1 ";

class MaskedLanguageModels : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("train.txt", documents(120, 0));
    write("valid.txt", documents(20, 1000));
  }

  // A document is of one animal, whose sounds and places a model can learn.
  static std::string documents(int count, int seed) {
    const char* const animals[] = {"dog", "cat", "cow", "bird"};
    const char* const sounds[] = {"barks", "meows", "moos", "sings"};
    const char* const places[] = {"in the yard", "on the roof", "on the meadow", "in the tree"};
    std::string text;
    for (int i = seed; i < seed + count; ++i) {
      const int animal = i * 7 % 4;
      for (int line = 0; line < 2 + i % 3; ++line)
        text += std::string(line % 2 == 0 ? "the " : "a ") + animals[animal] + " " + sounds[animal] + " " +
                places[animal] + (i * 5 % 3 == line ? " at night" : "") + "\n";
      text += "\n";
    }
    return text;
  }

  Outcome train(const std::string& more) const {
    return attune("train mlm --train train.txt --valid valid.txt " + more);
  }
  nlohmann::json config(const std::string& directory) const {
    return nlohmann::json::parse(read(directory + "/config.json"));
  }
};

TEST_F(MaskedLanguageModels, LearnsAndFillsMasks) {
  const Outcome trained = train(
      "--model bert --tokenizer wordpiece:80 --no-packing --mask-probability 0.3 --dropout 0 --warmup-steps "
      "30 "
      "--num-train-epochs 10 --out run " +
      tiny);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("of a sentence each"));
  EXPECT_THAT(trained.err, HasSubstr("masked_accuracy"));
  EXPECT_THAT(trained.out, HasSubstr("attune fill run"));
  EXPECT_EQ(config("run")["architectures"][0], "BertForMaskedLM");
  EXPECT_EQ(config("run")["max_position_embeddings"], 32);

  const Outcome filled =
      attune("fill run --top-k 2 'the dog [MASK] in the yard' 'the cow moos on the [MASK]'");
  ASSERT_EQ(filled.exit_code, 0) << filled.err;
  EXPECT_THAT(filled.out, ::testing::MatchesRegex("barks\t0\\.[0-9]+\t[a-z#]+\t0\\.[0-9]+\n"
                                                  "meadow\t0\\.[0-9]+\t[a-z#]+\t0\\.[0-9]+\n"));
  const auto one = nlohmann::json::parse(attune("fill run --json 'the dog [MASK] in the yard'").out);
  ASSERT_EQ(one.size(), 5u);
  EXPECT_EQ(one[0]["token_str"], "barks");
  EXPECT_EQ(one[0]["sequence"], "the dog barks in the yard");
  const auto two =
      nlohmann::json::parse(attune("fill run --json --top-k 1 'the [MASK] meows on the [MASK]'").out);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[1][0]["sequence"], "[CLS] the [MASK] meows on the roof [SEP]");

  write("texts.txt", "a cat [MASK] on the roof\na bird sings in the [MASK]\n");
  ASSERT_EQ(attune("fill run --input texts.txt --out filled.txt --top-k 1").exit_code, 0);
  EXPECT_THAT(read("filled.txt"), HasSubstr("meows"));
  EXPECT_THAT(read("filled.txt"), HasSubstr("\ntree"));
  EXPECT_THAT(attune("fill run --top-k 1", "a cat [MASK] on the roof\n").out, HasSubstr("meows"));

  // It goes on, and another head is learned on it.
  const Outcome more = train("--model run --max-steps 1 --threads 1 --out more");
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(more.err, Not(HasSubstr("new, to be learned")));
  write("labels.csv", "text,label\nthe dog barks,dog\nthe cat meows,cat\n");
  EXPECT_EQ(
      attune("train classification --model run --train labels.csv --max-steps 1 --threads 1 --out classifier")
          .exit_code,
      0);
}

TEST_F(MaskedLanguageModels, EveryFamilyAndObjective) {
  struct Case {
    const char *arguments, *architecture;
  };
  for (const auto& [arguments, architecture] :
       {Case{"--model roberta --tokenizer bpe:300 --masking static --whole-word-mask", "RobertaForMaskedLM"},
        Case{"--model distilbert --tokenizer wordpiece-cased:80 --no-packing", "DistilBertForMaskedLM"},
        Case{"--model bert --tokenizer wordpiece:80 --next-sentence", "BertForPreTraining"},
        Case{"--model albert --tokenizer wordpiece:80 --sentence-order --embedding-width 16 --layer-groups 1",
             "AlbertForPreTraining"}}) {
    const Outcome trained =
        train(std::string(arguments) + " --max-steps 3 --overwrite-output-dir --out any " + tiny);
    ASSERT_EQ(trained.exit_code, 0) << arguments << "\n" << trained.err;
    EXPECT_EQ(config("any")["architectures"][0], architecture);
    const std::string mask =
        std::string(arguments).find("roberta") == std::string::npos ? "[MASK]" : "<mask>";
    const Outcome filled = attune("fill any 'the " + mask + " barks'");
    EXPECT_EQ(filled.exit_code, 0) << filled.err;
    EXPECT_EQ(std::ranges::count(filled.out, '\t'), 9) << filled.out;
  }
  // The run goes where a directory has the family's name.
  const Outcome pairs =
      train("--model bert --tokenizer wordpiece:80 --next-sentence --max-steps 3 --out bert " + tiny);
  EXPECT_EQ(pairs.exit_code, 0) << pairs.err;
  EXPECT_THAT(pairs.err, HasSubstr("an epoch, packed"));
  EXPECT_THAT(pairs.err, HasSubstr("next_sentence_accuracy"));
}

TEST_F(MaskedLanguageModels, SeveralFilesAreLanguages) {
  write("small.txt", "der hund bellt\n");
  fs::create_directories(path("en"));
  write("en/a.txt", documents(60, 0));
  write("en/b.txt", documents(60, 60));
  const Outcome trained = attune(
      "train mlm --train en small.txt --model bert --tokenizer wordpiece:90 --max-steps 2 "
      "--language-smoothing 0.5 --no-packing --out run " +
      tiny);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("2 languages, smoothed by 0.5: en 9"));
  EXPECT_THAT(trained.err, HasSubstr("small 5."));
}

TEST_F(MaskedLanguageModels, AResumedRunEndsWithTheSameBits) {
  const std::string start =
      "--model bert --tokenizer wordpiece:80 --next-sentence --max-steps 20 --save-steps 10 " + tiny;
  ASSERT_EQ(train(start + "--out whole").exit_code, 0);
  ASSERT_EQ(train(start + "--out parts").exit_code, 0);
  fs::remove_all(path("parts/checkpoint-20"));
  fs::remove(path("parts/model.safetensors"));
  const Outcome resumed = attune("train mlm --resume --threads 1 --out parts");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read("parts/model.safetensors"), read("whole/model.safetensors"));
}

TEST_F(MaskedLanguageModels, RefusesWhatCannotBeLearned) {
  const std::string start = "train mlm --out run ", data = start + "--train train.txt ";
  const std::string bert = data + "--model bert --tokenizer wordpiece:80 ";
  write("one.txt", "the dog barks\nthe cat meows\n");
  write("empty.txt", "\n\n");
  expect_refused(start + "--model bert", 2, {"--train FILE is missing"});
  expect_refused(data, 2, {"--model is missing", "bert, roberta, distilbert, albert"});
  expect_refused(data + "--model bort", 2, {"bort is neither a model directory nor one of bert"});
  expect_refused(data + "--model bert", 2, {"--tokenizer is missing"});
  expect_refused(data + "--model bert --tokenizer word:80", 2, {"word:80", "wordpiece:SIZE"});
  expect_refused(start + "--train none.txt --model bert --tokenizer wordpiece:80", 1, {"none.txt"});
  expect_refused(start + "--train empty.txt --model bert --tokenizer wordpiece:80", 1, {"text"});
  expect_refused(start + "--train one.txt --next-sentence --model bert --tokenizer wordpiece:80", 1,
                 {"one is one document", "blank lines"});
  expect_refused(bert + "--layer-groups 2", 2, {"--layer-groups is of albert"});
  expect_refused(bert + "--context 2", 2, {"--context is 2"});
  expect_refused(bert + "--masking never", 2, {"--masking is 'never'"});
  expect_refused(bert + "--mask-probability 0", 2, {"--mask-probability is 0"});
  expect_refused(bert + "--random-replace-probability 0.5", 2, {"more than 1"});
  expect_refused(bert + "--language-smoothing 2", 2, {"--language-smoothing is 2"});
  expect_refused(bert + "--next-sentence --sentence-order", 2, {"exclude one another"});
  expect_refused(data + "--model roberta --tokenizer bpe:300 --next-sentence", 1, {"RobertaForPreTraining"});
  expect_refused(data + "--model roberta --tokenizer bpe:100", 2, {"bpe:100", "at least 261"});
}

TEST_F(MaskedLanguageModels, FillRefusesWrongUse) {
  ASSERT_EQ(train("--model bert --tokenizer wordpiece:80 --max-steps 1 --out model " + tiny).exit_code, 0);
  expect_refused("fill model 'the dog barks'", 1, {"text 1 (\"the dog barks\")", "[MASK]"});
  expect_refused("fill model 'a [MASK]' 'b'", 1, {"text 2 (\"b\")"});
  expect_refused("fill model 'a [MASK]' --top-k 0", 2, {"--top-k is 0"});
  expect_refused("fill none 'a [MASK]'", 1, {"none/config.json"});
  expect_refused("train mlm --train train.txt --model model --layers 2 --out run", 2,
                 {"--layers is for a new"});
  expect_refused("train mlm --train train.txt --model model --tokenizer wordpiece:9 --out run", 2,
                 {"--tokenizer is for a new"});
  expect_refused("train mlm --train train.txt --model model --context 64 --out run", 2, {"takes 32 tokens"});
}

}  // namespace
}  // namespace attune::testing
