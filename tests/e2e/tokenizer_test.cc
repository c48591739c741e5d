// attune tokenizer: every verb of it, on a tokenizer that it trains.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

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

TEST_F(TokenizerCommand, ATextInBracketsIsOneText) {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n[\n]\n,\n");
  const char* const words = "7 5 9 6 8\n";
  EXPECT_EQ(attune("tokenizer encode . '[hello,world]' --no-special-tokens").out, words);
  EXPECT_EQ(attune("tokenizer encode . --no-special-tokens", "[hello,world]\n").out, words);
  EXPECT_EQ(attune("tokenizer encode . '[MASK]' --no-special-tokens").out, "4\n");
}

// tests/goldens/make_stored_lengths.py made what is expected.
TEST_F(TokenizerCommand, CutsAndPadsAsTheFileSays) {
  const auto golden =
      nlohmann::json::parse(std::ifstream(std::string(ATTUNE_GOLDENS) + "/stored_lengths.json"));
  for (const auto& expected : golden["cases"]) {
    auto file = golden["tokenizer"];
    for (const char* field : {"truncation", "padding"}) file[field] = expected[field];
    write("tokenizer.json", file.dump());
    const std::string text = expected["text"].get<std::string>() + "\n";
    const Outcome encoded = attune("tokenizer encode tokenizer.json --json", text);
    ASSERT_EQ(encoded.exit_code, 0) << encoded.err;
    const auto json = nlohmann::json::parse(encoded.out);
    std::vector<nlohmann::json> windows{json};
    for (const auto& window : json.value("overflowing", nlohmann::json::array())) windows.push_back(window);
    ASSERT_EQ(windows.size(), expected["windows"].size()) << expected.dump();
    for (std::size_t i = 0; i < windows.size(); ++i) {
      for (const auto& [field, value] : expected["windows"][i].items())
        EXPECT_EQ(windows[i][field], value) << field << " of window " << i << " of " << expected.dump();
    }
  }
}

TEST_F(TokenizerCommand, RefusesLengthsThatMakeNoSense) {
  const auto golden =
      nlohmann::json::parse(std::ifstream(std::string(ATTUNE_GOLDENS) + "/stored_lengths.json"));
  const auto expect_refused = [&](const char* field, const char* value, const char* words) {
    auto file = golden["tokenizer"];
    file[field] = nlohmann::json::parse(value);
    write("tokenizer.json", file.dump());
    const Outcome outcome = attune("tokenizer encode tokenizer.json 'a film was very good'");
    EXPECT_EQ(outcome.exit_code, 1) << value;
    EXPECT_THAT(outcome.err, HasSubstr(words)) << value;
  };
  expect_refused("truncation", "7", "truncation is 7, expected an object");
  expect_refused("truncation", R"({"max_length": "x"})", R"(truncation has "max_length": "x")");
  expect_refused("truncation", R"({"max_length": 1})", "cannot truncate to 1 tokens: the tokenizer adds 2");
  expect_refused("truncation", R"({"max_length": 3, "stride": 2})", "the stride of truncation is 2");
  expect_refused("truncation", R"({"max_length": 9, "strategy": "Shortest"})",
                 R"(truncation has "strategy": "Shortest")");
  expect_refused("padding", R"({"strategy": {"Fixed": -1}})", R"(padding has "Fixed": -1)");
  expect_refused("padding", R"({"strategy": {"Fixed": 1000000000}})", "too long");
  expect_refused("padding", R"({"direction": "Up"})", R"(padding has "direction": "Up")");
  expect_refused("padding", R"({"pad_id": 1.5})", R"(padding has "pad_id": 1.5)");
}

TEST_F(TokenizerCommand, TrainsAUnigramModel) {
  write("text.txt", sample_text(200));
  const Outcome trained =
      attune("tokenizer train --model unigram --vocab-size 120 --train text.txt --out tok");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr("tok: Unigram, "));
  EXPECT_EQ(
      attune("tokenizer decode tok --skip-special-tokens", attune("tokenizer encode tok 'The cat  sat.'").out)
          .out,
      "The cat sat.\n");
  const Outcome small = attune("tokenizer train --model unigram --vocab-size 9 --train text.txt --out tok");
  EXPECT_EQ(small.exit_code, 2);
  EXPECT_THAT(small.err, HasSubstr("needs at least"));
}

TEST_F(TokenizerCommand, SaysWhatIsWrong) {
  EXPECT_EQ(attune("tokenizer").exit_code, 2);
  EXPECT_EQ(attune("tokenizer train --train x --out y --model wordpeace").exit_code, 2);
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
