// Pre-training a T5 by span corruption and a prefix language model, from the command line.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string small =
    " --train text.txt --layers 1 --heads 2 --width 32 --dropout 0 --context 32 --batch-size 8"
    " --learning-rate 1e-2 --seed 7";

class Span : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("text.txt", sample_text(600));
  }

  Outcome train(const std::string& more) const { return attune("train span" + small + " " + more); }
  static std::string t5() { return "--model t5 --tokenizer bpe:300 "; }
  static std::string prefix_lm() { return "--model prefix-lm --tokenizer bpe:300 "; }
  double loss_of(const std::string& log, bool last) const {
    const std::string text = read(log);
    const auto at = last ? text.rfind("\"loss\"") : text.find("\"loss\"");
    return std::stod(text.substr(text.find(':', at) + 1));
  }
};

TEST_F(Span, PreTrainsAT5ThatIsFineTunedAfterwards) {
  const Outcome trained = train(t5() + "--valid-fraction 0.1 --max-steps 60 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, AllOf(HasSubstr("a window of 34 tokens has a source of 32 and a target of 8"),
                                 HasSubstr("perplexity")));
  EXPECT_LT(loss_of("run/log.jsonl", true), 0.8 * loss_of("run/log.jsonl", false));
  EXPECT_EQ(nlohmann::json::parse(read("run/config.json"))["vocab_size"], 400);
  EXPECT_THAT(read("run/tokenizer.json"), AllOf(HasSubstr("<extra_id_0>"), HasSubstr("<extra_id_99>")));

  const Outcome filled = attune("generate run 'The <extra_id_0> is' --special-tokens --max-new-tokens 6");
  EXPECT_EQ(filled.exit_code, 0) << filled.err;
  EXPECT_THAT(filled.out, HasSubstr("<extra_id_0>"));

  write("pairs.tsv", "source\ttarget\none\ttwo\nthree\tfour\n");
  EXPECT_EQ(attune("train text2text --model run --train pairs.tsv --max-steps 2 --out next").exit_code, 0);
  EXPECT_EQ(attune("train span --model run --train text.txt --context 32 --max-steps 2 --out more").exit_code,
            0);
}

TEST_F(Span, TrainsAPrefixLanguageModelThatTheOtherVerbsUse) {
  const Outcome trained = train(prefix_lm() + "--valid-fraction 0.1 --max-steps 60 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_LT(loss_of("run/log.jsonl", true), 0.8 * loss_of("run/log.jsonl", false));
  EXPECT_EQ(nlohmann::json::parse(read("run/config.json"))["model_type"], "prefix-lm");
  const Outcome text = attune("generate run 'The ' --temperature 0 --max-new-tokens 8");
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_GT(text.out.size(), 4u);
  const auto figures = nlohmann::json::parse(attune("eval run --data text.txt --json").out);
  EXPECT_LT(figures["perplexity"], 200);
  const Outcome info = attune("info run --shapes");
  EXPECT_EQ(info.exit_code, 0) << info.err;
  EXPECT_THAT(info.out, AllOf(HasSubstr("prefix language model, 1 layers"), HasSubstr("context 32"),
                              HasSubstr("(B, T, D)")));
  EXPECT_EQ(attune("train span --model run --train text.txt --max-steps 2 --out more").exit_code, 0);
  EXPECT_EQ(attune("train lm --model run --train text.txt --context 32 --max-steps 2 --out causal").exit_code,
            0);
}

TEST_F(Span, ResumedRunsEndWithTheSameBits) {
  for (const std::string& model : {t5(), prefix_lm()}) {
    const std::string run = model + "--dropout 0.1 --save-steps 10 --max-steps 20 --overwrite-output-dir ";
    ASSERT_EQ(train(run + "--out whole").exit_code, 0);
    ASSERT_EQ(train(run + "--out parts").exit_code, 0);
    fs::remove_all(path("parts/checkpoint-20"));
    const Outcome resumed = attune("train span --resume --out parts");
    ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr("continuing after step 10"));
    EXPECT_TRUE(read("parts/checkpoint-20/model.safetensors") ==
                read("whole/checkpoint-20/model.safetensors"))
        << model;
  }
}

TEST_F(Span, RefusesWhatMakesNoSense) {
  const std::string start = "train span --out refused --max-steps 2" + small + " ";
  expect_refused("train span --out refused --model t5 --max-steps 2", 2, {"--train FILE is missing"});
  expect_refused(start, 2, {"--model is missing"});
  expect_refused(start + "--model gpt2", 2, {"--layers is of a new model"});
  expect_refused("train span --train text.txt --out refused --max-steps 2 --model bart", 1,
                 {"bart", "prefix-lm"});
  expect_refused(start + t5() + "--objective prefix-lm", 2, {"--objective prefix-lm", "t5"});
  expect_refused(start + t5() + "--objective rtd", 2, {"rtd", "span or prefix-lm"});
  expect_refused(start + t5() + "--noise-density 0", 2, {"--noise-density is 0"});
  expect_refused(start + t5() + "--noise-density 1", 2, {"--noise-density is 1"});
  expect_refused(start + t5() + "--mean-span-length 0.5", 2, {"--mean-span-length is 0.5"});
  expect_refused(start + t5() + "--context 3", 2, {"--context is 3"});
  expect_refused(start + t5() + "--context 4000", 2, {"100 sentinels"});
  expect_refused(start + t5() + "--valid text.txt --valid-fraction 0.1", 2, {"--valid-fraction"});
  write("short.txt", "a");
  expect_refused("train span --model t5 --tokenizer bpe:300 --train short.txt --max-steps 2 --out refused", 1,
                 {"1 tokens", "568"});
}

class NewLanguageModels : public Span {};

TEST_F(NewLanguageModels, AGptIsTrainedAndUsed) {
  const std::string start = "train lm" + small + " --tokenizer bpe:300 --max-steps 30 ";
  const Outcome trained = attune(start + "--model openai-gpt --out gpt");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(nlohmann::json::parse(read("gpt/config.json"))["model_type"], "openai-gpt");
  EXPECT_LT(loss_of("gpt/log.jsonl", true), loss_of("gpt/log.jsonl", false));
  EXPECT_EQ(attune("generate gpt 'The' --max-new-tokens 5").exit_code, 0);
  EXPECT_EQ(attune("info gpt").exit_code, 0);
  EXPECT_EQ(attune("eval gpt --data text.txt").exit_code, 0);
  EXPECT_EQ(attune("train lm --model gpt --train text.txt --max-steps 2 --out next").exit_code, 0);

  ASSERT_EQ(attune(start + "--model gpt2 --out named").exit_code, 0);
  ASSERT_EQ(attune(start + "--out unnamed").exit_code, 0);
  EXPECT_TRUE(read("named/model.safetensors") == read("unnamed/model.safetensors"));
  expect_refused(start + "--model openai-gpt --feed-forward 100 --out refused", 2, {"--feed-forward is 100"});
  expect_refused("train lm --train text.txt --model gpt --layers 2 --max-steps 2 --out refused", 2,
                 {"--layers is of a new model"});
  expect_refused("train lm --train text.txt --model gtp2 --max-steps 2 --out refused", 1,
                 {"gtp2", "openai-gpt"});
}

TEST_F(NewLanguageModels, ManyTextsAreContinuedLineByLine) {
  ASSERT_EQ(attune("train lm" + small + " --tokenizer bpe:300 --max-steps 30 --out gpt").exit_code, 0);
  write("prompts.txt", "The dog\nA\nOnce upon a time there\n");
  const std::string how = " --temperature 0 --max-new-tokens 6 ";
  const Outcome batch = attune("generate gpt --input prompts.txt" + how + "--batch-size 2");
  ASSERT_EQ(batch.exit_code, 0) << batch.err;
  std::string alone;
  for (const char* prompt : {"The dog", "A", "Once upon a time there"}) {
    std::string text = attune("generate gpt '" + std::string(prompt) + "'" + how).out;
    text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    alone += text + "\n";
  }
  EXPECT_EQ(batch.out, alone);
  EXPECT_EQ(attune("generate gpt 'The dog' A 'Once upon a time there'" + how).out, alone);
  const Outcome json = attune("generate gpt --prompt 'The dog' --json" + how);
  EXPECT_TRUE(nlohmann::json::parse(json.out).contains("text")) << json.err;
  expect_refused("generate gpt A --num-beams 2", 2, {"--num-beams is for encoder-decoders"});
}

}  // namespace
}  // namespace attune::testing
