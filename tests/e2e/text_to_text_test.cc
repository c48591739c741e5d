// Training and using a T5 from the command line.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string small =
    " --tokenizer bpe:290 --layers 2 --heads 2 --width 32 --feed-forward 64 --dropout 0 --batch-size 18"
    " --learning-rate 5e-3 --seed 7";

class TextToText : public CommandTest {
 protected:
  // Two tasks on numbers: to translate them, and to copy them.
  void SetUp() override {
    CommandTest::SetUp();
    const char* source[] = {"nul", "een", "twee", "drie", "vier", "vijf"};
    const char* target[] = {"zero", "one", "two", "three", "four", "five"};
    std::string translated = "id\tquestion\tanswer\n", copied = translated,
                tasks = "question\tanswer\ttask\n";
    for (int i = 0; i < 36; ++i) {
      const std::string numbers = std::string(source[i / 6]) + " " + source[i % 6];
      const std::string english = std::string(target[i / 6]) + " " + target[i % 6];
      translated += std::to_string(i) + "\t" + numbers + "\t" + english + "\n";
      copied += std::to_string(i) + "\t" + numbers + "\t" + numbers + "\n";
      tasks += numbers + "\t" + english + "\tdutch\n";
      tasks += numbers + "\t" + numbers + "\tcopy\n";
    }
    write("dutch.tsv", translated);
    write("copy.tsv", copied);
    write("tasks.tsv", tasks);
  }

  Outcome train(const std::string& more) const {
    return attune("train text2text --model t5 --source question --target answer" + small + " " + more);
  }
  static std::string both() { return "--train dutch.tsv='dutch: ' copy.tsv='copy: ' "; }
};

TEST_F(TextToText, LearnsTwoTasksByTheirPrefixesAndIsUsedByTheOtherVerbs) {
  const Outcome trained = train(both() +
                                "--valid dutch.tsv='dutch: ' copy.tsv='copy: ' --bleu "
                                "--max-target-length 16 --num-train-epochs 80 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, AllOf(HasSubstr("training: 72 pairs (dutch 36, copy 36), "),
                                 HasSubstr("exact_match 1,"), HasSubstr("bleu "), HasSubstr("chrf 100"),
                                 HasSubstr("dutch_exact_match 1,"), HasSubstr("copy_exact_match 1,")));
  EXPECT_THAT(trained.out, HasSubstr("attune generate run"));
  EXPECT_EQ(nlohmann::json::parse(read("run/generation_config.json"))["max_length"], 17);

  EXPECT_EQ(attune("generate run 'dutch: vijf twee'").out, "five two\n");
  EXPECT_EQ(attune("generate run --prompt 'copy: vijf twee'").out, "vijf twee\n");
  EXPECT_EQ(attune("generate run 'copy: vijf twee' 'dutch: nul een' --num-beams 4").out,
            "vijf twee\nzero one\n");
  EXPECT_EQ(attune("generate run --prefix 'dutch: '", "vijf\tnul\n\ntwee drie\n").out.find("\n\ntwo three\n"),
            attune("generate run --prefix 'dutch: '", "vijf\tnul\n").out.size() - 1)
      << "an empty line gives one, and they come in order";
  EXPECT_EQ(attune("translate run --prefix 'dutch: ' vijf twee").out, "five two\n");
  EXPECT_THAT(attune("translate run 'dutch: vijf twee' --json").out,
              StartsWith(R"({"text":"five two","score":-)"));
  const Outcome rows = attune("generate run --input dutch.tsv --text question --prefix 'copy: ' --out rows");
  EXPECT_EQ(rows.exit_code, 0) << rows.err;
  EXPECT_THAT(read("rows"), StartsWith("nul nul\nnul een\nnul twee\n"));
  EXPECT_EQ(attune("generate run 'dutch: vijf twee' --temperature 0.7 --seed 3").out,
            attune("generate run 'dutch: vijf twee' --temperature 0.7 --seed 3").out);

  const std::string eval = "eval run --data dutch.tsv --source question --target answer --json ";
  const auto figures = nlohmann::json::parse(attune(eval + "--prefix 'dutch: '").out);
  EXPECT_EQ(figures["exact_match"], 1);
  EXPECT_GT(figures["chrf"], 99);
  EXPECT_EQ(figures["sentences"], 36);
  EXPECT_LT(nlohmann::json::parse(attune(eval + "--prefix 'copy: '").out)["exact_match"], 0.1);

  const Outcome info = attune("info run --shapes");
  EXPECT_EQ(info.exit_code, 0) << info.err;
  for (const char* word :
       {"T5 encoder-decoder, 2+2 layers, 2 heads of 16", "decoder.layers.*.cross_attention",
        "(buckets, H) = (32, 2)", "(B, S, D)", "</s>", "tied output"})
    EXPECT_THAT(info.out, HasSubstr(word));
}

TEST_F(TextToText, TakesPrefixesFromAColumnOrForAll) {
  ASSERT_EQ(train("--train tasks.tsv --prefix-column task --num-train-epochs 80 --out run").exit_code, 0);
  EXPECT_EQ(attune("generate run 'dutch: vijf twee'").out, "five two\n");
  EXPECT_EQ(attune("generate run 'copy: vijf twee'").out, "vijf twee\n");
  const std::string eval = "eval run --data tasks.tsv --source question --target answer --json ";
  EXPECT_GT(nlohmann::json::parse(attune(eval + "--prefix-column task").out)["exact_match"], 0.9);

  // The same by a common prefix, or by the file's own: the same run.
  ASSERT_EQ(train("--train dutch.tsv --prefix 'dutch: ' --max-steps 4 --out common").exit_code, 0);
  ASSERT_EQ(train("--train dutch.tsv='dutch: ' --max-steps 4 --out own").exit_code, 0);
  EXPECT_TRUE(read("common/model.safetensors") == read("own/model.safetensors"));
}

TEST_F(TextToText, GoesOnFromADirectoryOfEitherFamily) {
  ASSERT_EQ(train(both() + "--max-steps 5 --out run").exit_code, 0);
  const std::string start =
      "train text2text --source question --target answer --train copy.tsv --max-steps 2 ";
  const Outcome next = attune(start + "--model run --dtype bfloat16 --out next");
  ASSERT_EQ(next.exit_code, 0) << next.err;
  EXPECT_EQ(read("next/tokenizer.json"), read("run/tokenizer.json"));
  expect_refused(start + "--model run --layers 2 --out refused", 2, {"--layers is of a new model"});
  expect_refused(start + "--model run --tokenizer bpe:300 --out refused", 2, {"--tokenizer"});
  const Outcome gated = attune(start + "--model t5-v1.1 --width 16 --heads 2 --layers 1 --out gated");
  ASSERT_EQ(gated.exit_code, 0) << gated.err;
  EXPECT_EQ(nlohmann::json::parse(read("gated/config.json"))["feed_forward_proj"], "gated-gelu");
  EXPECT_EQ(attune("generate gated nul --max-new-tokens 3").exit_code, 0);

  write("de", "een twee\ndrie vier\n");
  write("en", "one two\nthree four\n");
  ASSERT_EQ(attune("train translation --train de en --tokenizer bpe:290 --layers 1 --heads 2 --width 16 "
                   "--max-steps 2 --out marian")
                .exit_code,
            0);
  const Outcome marian = attune(start + "--model marian --valid copy.tsv --eval-examples 2 --out translator");
  ASSERT_EQ(marian.exit_code, 0) << marian.err;
  EXPECT_THAT(marian.err, HasSubstr("exact_match"));
  EXPECT_EQ(attune("translate translator 'een twee' --max-new-tokens 4").exit_code, 0);
}

TEST_F(TextToText, AResumedRunEndsWithTheSameBits) {
  const std::string run = both() + "--dropout 0.1 --valid copy.tsv='copy: ' --eval-steps 8 --save-steps 10 ";
  ASSERT_EQ(train(run + "--max-steps 20 --out whole").exit_code, 0);
  ASSERT_EQ(train(run + "--max-steps 20 --out parts").exit_code, 0);
  fs::remove_all(path("parts/checkpoint-20"));
  const Outcome resumed = attune("train text2text --resume --out parts");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("continuing after step 10"));
  EXPECT_TRUE(read("parts/checkpoint-20/model.safetensors") == read("whole/checkpoint-20/model.safetensors"));
}

TEST_F(TextToText, ATasksOwnFigureCanSayWhichModelIsTheBest) {
  const std::string valid =
      "--valid dutch.tsv='dutch: ' copy.tsv --eval-examples 2 --max-steps 4 --eval-steps 2 ";
  const Outcome trained = train(both() + valid + "--metric-for-best-model copy_exact_match --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr("best validation copy_exact_match"))
      << "the file's name without a prefix";
  expect_refused("train text2text --model t5 --source question --target answer" + small + " " + both() +
                     valid + "--metric-for-best-model f1 --out refused",
                 2, {"\"f1\"", "loss, perplexity, exact_match, dutch_exact_match, copy_exact_match"});
}

TEST_F(TextToText, TellsWhatItCutsAndLeavesOut) {
  write("long.tsv",
        "source\ttarget\neen twee drie vier vijf een twee\tx\nnul\tone two three four five\n \tx\n");
  const Outcome outcome = attune("train text2text --model t5 --train long.tsv" + small +
                                 " --max-steps 1 --max-source-length 6 --max-target-length 4 --out run");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("left out: 1 with an empty side"),
                                 HasSubstr("cut: 1 sources to 6"), HasSubstr("cut: 1 targets to 4")));
}

TEST_F(TextToText, RefusesWhatCannotBeUsed) {
  write("blank.tsv", "question\tanswer\n \t \n");
  const std::string columns =
      "train text2text --source question --target answer --out refused --max-steps 2 ";
  const std::string start = columns + "--model t5" + small + " ";
  expect_refused(columns + "--model t5", 2, {"--train FILE is missing"});
  expect_refused(columns + "--train dutch.tsv", 2, {"--model is missing"});
  expect_refused(columns + "--train dutch.tsv --model nowhere", 1, {"nowhere", "t5"});
  fs::create_directory(path("bert"));
  write("bert/config.json", R"({"model_type": "bert"})");
  expect_refused(columns + "--train dutch.tsv --model bert/", 1, {"bert", "expected marian or t5"});
  expect_refused(start + "--train missing.tsv", 1, {"missing.tsv"});
  expect_refused(start + "--train missing.tsv='copy: '", 1, {"missing.tsv"});
  expect_refused(start + "--train dutch.tsv --target reply", 1, {"reply", "answer"});
  expect_refused(start + "--train dutch.tsv --prefix-column task", 1, {"task", "question"});
  expect_refused(start + "--train blank.tsv", 1, {"blank.tsv", "empty side"});
  expect_refused(start + "--train dutch.tsv --max-target-length 1", 2, {"--max-target-length is 1"});
  expect_refused(start + "--train dutch.tsv --batch-size 0", 2, {"--batch-size"});
  expect_refused(start + "--train dutch.tsv --eval-examples -1", 2, {"--eval-examples"});
  expect_refused(start + "--train dutch.tsv --tokenizer bpe:100", 2, {"vocabulary of 100"});
  expect_refused(start + "--train dutch.tsv --tokenizer chars", 2, {"--tokenizer chars"});
}

TEST_F(TextToText, GenerateRefusesWrongUse) {
  ASSERT_EQ(train(both() + "--max-steps 2 --out run").exit_code, 0);
  expect_refused("generate run nul --stop x", 2, {"--stop is for language models"});
  expect_refused("generate run nul --num-beams 2 --temperature 1", 2, {"num-beams is 2"});
  expect_refused("generate run nul --prompt een", 2, {"--prompt"});
  expect_refused("generate run nul --input copy.tsv", 2, {"TEXT and --input"});
  expect_refused("generate run --input copy.tsv", 1, {"text", "question"});
  expect_refused("generate run --input copy.tsv --text question answer", 2, {"--text"});
  expect_refused("generate run nul --max-new-tokens 0", 2, {"--max-new-tokens"});
  expect_refused("eval run --data copy.tsv --source question --target reply", 1, {"reply"});
  expect_refused("eval run --data copy.tsv --stride 4", 2, {"--stride is for language models"});
}

}  // namespace
}  // namespace attune::testing
