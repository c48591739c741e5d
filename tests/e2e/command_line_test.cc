// The command's manners.
#include <gmock/gmock.h>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

using ::testing::HasSubstr;

class CommandLine : public CommandTest {};

TEST_F(CommandLine, HelpListsEveryVerbAndItsOptionsWithDefaults) {
  const Outcome help = attune("--help");
  EXPECT_EQ(help.exit_code, 0);
  for (const char* verb :
       {"demo", "train", "generate", "translate", "eval", "info", "attention", "tokenizer"})
    EXPECT_THAT(help.out, HasSubstr(verb));
  const Outcome generate = attune("generate --help");
  EXPECT_EQ(generate.exit_code, 0);
  for (const char* option :
       {"--prompt", "--max-new-tokens", "--temperature", "--top-k", "--top-p", "--min-p",
        "--repetition-penalty", "--seed", "--stop", "--ignore-eos", "--dtype", "INT=200"}) {
    EXPECT_THAT(generate.out, HasSubstr(option));
  }
}

TEST_F(CommandLine, ADemoThatIsStoppedSaysSo) {
  for (const std::string demo : {"demo", "demo text"}) {
    const Outcome outcome = shell("attune " + demo +
                                  " --out run > out 2> err & pid=$!\n"
                                  "for i in $(seq 600); do grep -q 'step 1/' err && break; sleep 0.1; done\n"
                                  "kill -TERM $pid; wait $pid; code=$?; cat out; exit $code");
    EXPECT_EQ(outcome.exit_code, 128 + 15) << read("err");
    EXPECT_THAT(outcome.out, HasSubstr("learns to"));
    EXPECT_THAT(outcome.out, HasSubstr("Run 'attune " + demo + "' again"));
  }
}

TEST_F(CommandLine, VersionNamesBuildInstructionsAndThreads) {
  const Outcome version = attune("--version");
  EXPECT_EQ(version.exit_code, 0);
  for (const char* word : {"attune 0", "instructions", "threads"}) EXPECT_THAT(version.out, HasSubstr(word));
}

TEST_F(CommandLine, WrongUsageExitsWithTwo) {
  EXPECT_EQ(attune("").exit_code, 2);
  EXPECT_EQ(attune("generate").exit_code, 2);
  const Outcome verb = attune("genrate x");
  EXPECT_EQ(verb.exit_code, 2);
  EXPECT_THAT(verb.err, HasSubstr("did you mean generate"));
  const Outcome option = attune("generate x --temprature 1");
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_THAT(option.err, HasSubstr("did you mean --temperature"));
  EXPECT_EQ(attune("generate x --prompt a --temperature -1").exit_code, 2);
  EXPECT_EQ(attune("generate x --prompt a --dtype float8").exit_code, 2);
  EXPECT_EQ(attune("generate x --threads 0").exit_code, 2);
  EXPECT_EQ(attune("generate x --threads 1000000").exit_code, 2);
  EXPECT_EQ(attune("generate x --prompt a --max-new-tokens 99999999999999999999").exit_code, 2);
  EXPECT_EQ(attune("generate x --prompt a --seed -1").exit_code, 2);
  EXPECT_EQ(attune("generate x --prompt a --temperature ''").exit_code, 2);
  const Outcome task = attune("train lmm");
  EXPECT_EQ(task.exit_code, 2);
  EXPECT_THAT(task.err, HasSubstr("did you mean lm"));
}

TEST_F(CommandLine, AFullStandardOutputIsAFailure) {
  EXPECT_EQ(shell("attune --version > /dev/full").exit_code, 1);
  EXPECT_EQ(shell("attune train lm --help > /dev/full").exit_code, 1);
}

TEST_F(CommandLine, SizesThatFitNoMachineAreRefusedAtOnce) {
  write("text.txt", sample_text(20));
  const std::string start =
      "train lm --train text.txt --width 8 --heads 1 --context 8 --max-steps 1 --out run ";
  EXPECT_EQ(attune(start + "--layers 1000000000").exit_code, 2);
  const Outcome batch = attune(start + "--layers 1 --batch-size 9223372036854775807");
  EXPECT_EQ(batch.exit_code, 1);
  EXPECT_THAT(batch.err, HasSubstr("larger than any memory"));
  EXPECT_FALSE(exists("run/model.safetensors"));
}

TEST_F(CommandLine, MessagesThatNobodyCanReadEndNothing) {
  write("text.txt", sample_text(50));
  const std::string train =
      "attune train lm --train text.txt --layers 1 --heads 1 --width 8 --context 8 --max-steps 3 ";
  EXPECT_EQ(shell(train + "--out run 2> /dev/full").exit_code, 0);
  EXPECT_EQ(shell(train + "--out piped 2>&1 > out | true; exit ${PIPESTATUS[0]}").exit_code, 0);
  EXPECT_TRUE(exists("piped/model.safetensors"));
  EXPECT_EQ(shell("attune generate missing 2> /dev/full").exit_code, 1);
  EXPECT_EQ(shell("attune generate --nonsense 2> /dev/full").exit_code, 2);
  // Closed streams: no file takes their place.
  EXPECT_EQ(shell(train + "--out closed 2>&-").exit_code, 0);
  EXPECT_EQ(read("closed/model.safetensors"), read("run/model.safetensors"));
  EXPECT_EQ(shell("attune info run >&-").exit_code, 1);
  EXPECT_EQ(shell("attune generate run --max-new-tokens 3 <&-").exit_code, 1);
}

TEST_F(CommandLine, UnderscoresStandForHyphens) {
  const Outcome outcome = attune("generate missing --prompt a --max_new_tokens 3");
  EXPECT_EQ(outcome.exit_code, 1);  // the option is known; the directory is not there
  EXPECT_THAT(outcome.err, HasSubstr("missing"));
}

TEST_F(CommandLine, ABrokenModelDirectoryIsNamed) {
  EXPECT_EQ(attune("info missing").exit_code, 1);
  std::filesystem::create_directories(path("broken"));
  EXPECT_EQ(attune("info broken").exit_code, 1);
  write("broken/config.json", "{\"model_type\": \"gpt2\", ");
  const Outcome outcome = attune("generate broken --prompt a");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("config.json"));
}

TEST_F(CommandLine, InfoSaysWhenTheWeightsDoNotFit) {
  write("text.txt", sample_text(200));
  ASSERT_EQ(
      attune("train lm --train text.txt --layers 1 --heads 1 --width 8 --context 16 --max-steps 2 --out run")
          .exit_code,
      0);
  const std::string weights = read("run/model.safetensors");
  EXPECT_EQ(attune("info run").exit_code, 0);

  write("run/model.safetensors", weights.substr(0, weights.size() - 8));
  const Outcome truncated = attune("info run");
  EXPECT_EQ(truncated.exit_code, 1);
  EXPECT_THAT(truncated.out, HasSubstr("GPT-2, 1 layers"));
  EXPECT_THAT(truncated.err, HasSubstr("run/model.safetensors"));

  write("run/model.safetensors", weights);
  std::string config = read("run/config.json");
  config.replace(config.find("\"n_layer\": 1"), 12, "\"n_layer\": 2");
  write("run/config.json", config);
  const Outcome misfit = attune("info run");
  EXPECT_EQ(misfit.exit_code, 1);
  EXPECT_THAT(misfit.err, HasSubstr("missing: h.1.ln_1.weight"));
}

TEST_F(CommandLine, APromptLongerThanTheContextIsRefused) {
  write("text.txt", sample_text(200));
  ASSERT_EQ(
      attune("train lm --train text.txt --layers 1 --heads 1 --width 8 --context 16 --max-steps 2 --out run")
          .exit_code,
      0);
  const Outcome outcome = attune("generate run --prompt 'The cat sees the house. A dog finds'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("context"));
  const Outcome longer = attune("generate run --prompt 'The cat' --max-new-tokens 50 --temperature 0");
  EXPECT_EQ(longer.exit_code, 0) << longer.err;
  EXPECT_EQ(longer.out.size(), 51u);
}

TEST_F(CommandLine, AStopWordEndsTheTextBeforeIt) {
  write("text.txt", sample_text(200));
  ASSERT_EQ(
      attune("train lm --train text.txt --layers 1 --heads 1 --width 8 --context 16 --max-steps 2 --out run")
          .exit_code,
      0);
  const std::string whole = attune("generate run --prompt 'The' --max-new-tokens 40 --seed 3").out;
  const std::string word = whole.substr(12, 2);
  const std::string stopped =
      attune("generate run --prompt 'The' --max-new-tokens 40 --seed 3 --stop '" + word + "'").out;
  EXPECT_EQ(stopped, whole.substr(0, whole.find(word)) + "\n");
}

}  // namespace
}  // namespace attune::testing
