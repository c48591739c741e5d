// What the verbs say of a model whose weights are no numbers, as a run that diverged elsewhere leaves them.
#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

class SpoiledWeights : public CommandTest {
 protected:
  // Makes run/, a model of the verb's kind, and spoils it.
  void train(const std::string& arguments) {
    const Outcome trained =
        attune("train " + arguments +
               " --layers 1 --heads 1 --width 16 --dropout 0 --max-steps 1 --batch-size 2 --out run");
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    std::string file = read("run/model.safetensors");
    const std::string nan = "\xff\xff\xff\x7f";  // a float32, little endian
    std::uint64_t header = 0;
    std::memcpy(&header, file.data(), sizeof(header));
    for (std::size_t i = sizeof(header) + header; i + 4 <= file.size(); i += 4) file.replace(i, 4, nan);
    write("run/model.safetensors", file);
  }

  void expect_no_answer(const std::string& arguments) const { expect_refused(arguments, 1, {"no numbers"}); }
};

TEST_F(SpoiledWeights, OfAClassifier) {
  write("train.csv", "text,label\na good film,1\na bad film,0\n");
  train("classification --model bert --tokenizer wordpiece:80 --train train.csv");
  expect_no_answer("classify run 'the film was good'");
}

TEST_F(SpoiledWeights, OfAMaskedLanguageModel) {
  write("text.txt", sample_text(20));
  train("mlm --model bert --tokenizer wordpiece:120 --train text.txt");
  expect_no_answer("fill run 'the [MASK]'");
  expect_no_answer("embed run 'the king'");
}

TEST_F(SpoiledWeights, OfALanguageModel) {
  write("text.txt", sample_text(20));
  train("lm --model gpt2 --tokenizer bpe:290 --context 8 --train text.txt");
  expect_no_answer("generate run the --temperature 0");
  expect_no_answer("generate run the --top-p 0.9");
  expect_no_answer("score run --prompt the --answers ' king' ' queen'");
}

TEST_F(SpoiledWeights, OfATextToTextModel) {
  write("pairs.tsv", "source\ttarget\na b c\tc b a\nb c d\td c b\n");
  train("text2text --model t5 --tokenizer bpe:290 --train pairs.tsv");
  expect_no_answer("generate run 'a b c'");
  expect_no_answer("generate run 'a b c' --num-beams 2");
}

TEST_F(SpoiledWeights, OfATagger) {
  write("train.conll", "Ann\tB-PER\nsleeps\tO\n\nBob\tB-PER\nruns\tO\n");
  train("token-classification --model bert --tokenizer wordpiece:80 --train train.conll");
  expect_no_answer("tag run 'Ann runs'");
}

TEST_F(SpoiledWeights, OfAQuestionAnswerer) {
  write("train.json",
        R"({"data": [{"paragraphs": [{"context": "Ann sleeps.", "qas": [{"id": "1", "question": "Who?",
            "answers": [{"text": "Ann", "answer_start": 0}]}]}]}]})");
  train("question-answering --model bert --tokenizer wordpiece:80 --train train.json");
  expect_no_answer("answer run 'Who?' --pair 'Ann sleeps.'");
}

TEST_F(SpoiledWeights, OfAModelOfMultipleChoice) {
  write("train.csv", "question,a,b,label\none,1,2,0\ntwo,1,2,1\n");
  train(
      "multiple-choice --model bert --tokenizer wordpiece:80 --question question --choices a b --train "
      "train.csv");
  expect_no_answer("choose run --question one --choices 1 2");
}

}  // namespace
}  // namespace attune::testing
