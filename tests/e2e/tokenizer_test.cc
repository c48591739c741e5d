// attune tokenizer: every verb of it, on a tokenizer that it trains.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

using ::testing::HasSubstr;

class TokenizerCommand : public CommandTest {
 protected:
  void train() const {
    write("text.txt", sample_text(200));
    const Outcome trained = attune("tokenizer train --train text.txt --vocab-size 400 --out tok");
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_THAT(trained.out, HasSubstr("byte-level BPE"));
  }
};

TEST_F(TokenizerCommand, TrainsEncodesDecodesAndDescribes) {
  train();
  const std::string text = "A first line, naïve 木.\n\nand a third\n";
  const Outcome encoded = attune("tokenizer encode tok", text);
  EXPECT_EQ(encoded.exit_code, 0) << encoded.err;
  EXPECT_EQ(std::count(encoded.out.begin(), encoded.out.end(), '\n'), 3);
  const Outcome decoded = attune("tokenizer decode tok", encoded.out);
  EXPECT_EQ(decoded.out, text);

  write("lines.txt", text);
  EXPECT_EQ(attune("tokenizer encode tok/tokenizer.json --input lines.txt").out, encoded.out);
  const Outcome json = attune("tokenizer encode tok 'ab 木' --json");
  for (const char* field : {"\"ids\":[", "\"tokens\":[", "\"offsets\":[[0,", "\"word_ids\":["}) {
    EXPECT_THAT(json.out, HasSubstr(field));
  }
  const Outcome info = attune("tokenizer info tok");
  for (const char* line : {"byte-level BPE", "pre_tokenizer   ByteLevel", "<|endoftext|>"}) {
    EXPECT_THAT(info.out, HasSubstr(line));
  }
}

TEST_F(TokenizerCommand, AddsSpecialTokensUnlessToldNotTo) {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n##ly\n");
  EXPECT_EQ(attune("tokenizer encode . Hello worldly").out, "2 5 6 7 3\n");
  EXPECT_EQ(attune("tokenizer encode . Hello worldly --no-special-tokens").out, "5 6 7\n");
  EXPECT_EQ(attune("tokenizer decode . 2 5 6 7 3").out, "[CLS] hello worldly [SEP]\n");
  EXPECT_EQ(attune("tokenizer decode . 2 5 6 7 3 --skip-special-tokens").out, "hello worldly\n");
}

TEST_F(TokenizerCommand, SaysWhatIsWrong) {
  EXPECT_EQ(attune("tokenizer").exit_code, 2);
  EXPECT_EQ(attune("tokenizer train --train x --out y --type wordpeace").exit_code, 2);
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n");
  EXPECT_EQ(attune("tokenizer encode . text --input vocab.txt").exit_code, 2);
  const Outcome missing = attune("tokenizer encode nowhere text");
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("nowhere: no tokenizer"));
  const Outcome range = attune("tokenizer decode . 2 99");
  EXPECT_EQ(range.exit_code, 1);
  EXPECT_THAT(range.err, HasSubstr("99 is out of range"));
  EXPECT_THAT(attune("tokenizer decode . 2 x").err, HasSubstr("\"x\" is no token id"));
  write("tokenizer.json", "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"a\": 0");
  const Outcome cut = attune("tokenizer info tokenizer.json");
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.err, HasSubstr("tokenizer.json: not valid JSON"));
}

}  // namespace
}  // namespace attune::testing
