#include "attune/text/tokenizer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/text/streaming_decoder.h"
#include "attune/text/tokenizer_json.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

using Ids = std::vector<std::int32_t>;
using testing::AllOf;
using testing::HasSubstr;

const std::string kGoldens = std::string(ATTUNE_GOLDENS) + "/tokenizers/";

nlohmann::json golden(const std::string& name) {
  return nlohmann::json::parse(io::read_text(kGoldens + name));
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TokenizerTest, EncodesAndDecodesAsHuggingFaceDoes) {
  const auto tokenizer = load_tokenizer(kGoldens + "bpe");
  const nlohmann::json expected = golden("bpe.json");
  for (const auto& item : expected["cases"]) {
    const auto text = item["text"].get<std::string>();
    const Ids ids = tokenizer->encode(text);
    ASSERT_EQ(ids, item["ids"].get<Ids>()) << testing::PrintToString(text);
    EXPECT_EQ(tokenizer->decode(ids), text);
    EXPECT_EQ(tokenizer->decode(ids, /*skip_special=*/true), item["decoded"].get<std::string>());
  }
  for (const auto& item : expected["byte_cases"]) {
    const std::string bytes = tokenizer->decode(item["ids"].get<Ids>(), /*skip_special=*/true);
    EXPECT_EQ(replace_invalid_utf8(bytes), item["decoded"].get<std::string>());
  }
}

TEST(TokenizerTest, KeepsArbitraryBytes) {
  const auto tokenizer = load_tokenizer(kGoldens + "bpe");
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    for (std::uint64_t n = random() % 200; n > 0; --n) bytes += static_cast<char>(random());
    ASSERT_EQ(tokenizer->decode(tokenizer->encode(bytes)), bytes);
  }
}

TEST(TokenizerTest, CharactersAreThoseOfHuggingFace) {
  const auto tokenizer = load_tokenizer(kGoldens + "characters");
  const auto expected = golden("characters.json");
  for (const auto& item : expected["cases"]) {
    const auto text = item["text"].get<std::string>();
    EXPECT_EQ(tokenizer->encode(text), item["ids"].get<Ids>()) << text;
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text);
  }
}

TEST(TokenizerTest, CharactersSayWhereTheTextIsWrong) {
  const auto tokenizer = load_tokenizer(kGoldens + "characters");
  EXPECT_THAT(error_of([&] { tokenizer->encode("abc\nbé\nXé"); }),
              AllOf(HasSubstr("line 3, offset 8"), HasSubstr("\"X\" (U+0058)")));
  EXPECT_THAT(error_of([&] { tokenizer->encode("ab\nc\xC3"); }),
              AllOf(HasSubstr("line 2, offset 4"), HasSubstr("invalid UTF-8 (byte 0xC3)")));
}

TEST(TokenizerTest, KnowsItsTokens) {
  const auto tokenizer = load_tokenizer(kGoldens + "bpe");
  EXPECT_EQ(tokenizer->kind(), "byte-level BPE");
  EXPECT_EQ(tokenizer->vocab_size(), 600);
  EXPECT_EQ(tokenizer->special().eos, 599);
  EXPECT_EQ(tokenizer->special().pad, std::nullopt);
  EXPECT_EQ(tokenizer->id_to_token(599), kEndOfText);
  EXPECT_EQ(tokenizer->token_to_id(kEndOfText), 599);
  EXPECT_EQ(tokenizer->id_to_token(0), "!");
  EXPECT_EQ(tokenizer->token_to_id(" "), 220);  // As in GPT-2.
  EXPECT_EQ(tokenizer->token_to_id("no such token"), std::nullopt);
  EXPECT_THAT(error_of([&] { tokenizer->decode(Ids{600}); }),
              HasSubstr("600 is out of range, expected 0 to 599"));
  EXPECT_THAT(error_of([&] { tokenizer->decode(Ids{-1}); }), HasSubstr("out of range"));
}

TEST(TokenizerTest, ComesBackFromItsFiles) {
  for (const char* name : {"bpe", "characters"}) {
    io::TestDirectory directory;
    const auto original = load_tokenizer(kGoldens + name);
    save_tokenizer(*original, directory.path(), 64);
    const auto read = load_tokenizer(directory.path());
    EXPECT_TRUE(read->to_json() == original->to_json());
    EXPECT_EQ(read->special().eos, original->special().eos);
    const auto config = nlohmann::json::parse(io::read_text(directory.path() / "tokenizer_config.json"));
    EXPECT_EQ(config["tokenizer_class"], "PreTrainedTokenizerFast");
    EXPECT_EQ(config["model_max_length"], 64);
    EXPECT_EQ(config["eos_token"], kEndOfText);
    EXPECT_TRUE(config["pad_token"].is_null());
  }
}

// What HF wrote comes out the same.
TEST(TokenizerTest, WritesWhatHuggingFaceWrites) {
  for (const std::string name : {"bpe", "characters"}) {
    const nlohmann::json expected = golden(name + "/tokenizer.json");
    const nlohmann::json written = load_tokenizer(kGoldens + name)->to_json();
    EXPECT_TRUE(written == expected) << name;
  }
}

TEST(TokenizerTest, ReadsVocabAndMerges) {
  io::TestDirectory directory;
  const nlohmann::json model = golden("bpe/tokenizer.json")["model"];
  nlohmann::json vocab = model["vocab"];
  vocab[std::string(kEndOfText)] = 599;
  std::string merges = "#version: 0.2\n";
  for (const auto& merge : model["merges"]) {
    merges += merge[0].get<std::string>() + " " + merge[1].get<std::string>() + "\n";
  }
  io::write_text_atomically(directory.path() / "vocab.json", vocab.dump());
  io::write_text_atomically(directory.path() / "merges.txt", merges);
  const auto tokenizer = load_tokenizer(directory.path());
  EXPECT_TRUE(tokenizer->to_json()["model"]["merges"] ==
              load_tokenizer(kGoldens + "bpe")->to_json()["model"]["merges"]);
  const nlohmann::json cases = golden("bpe.json")["cases"];
  for (const auto& item : cases) {
    EXPECT_EQ(tokenizer->encode(item["text"].get<std::string>()), item["ids"].get<Ids>());
  }
  EXPECT_EQ(tokenizer->special().eos, 599);

  io::write_text_atomically(directory.path() / "merges.txt", merges + "no-space\n");
  EXPECT_THAT(error_of([&] { load_tokenizer(directory.path()); }), HasSubstr("expected two tokens"));
  io::write_text_atomically(directory.path() / "merges.txt", merges + "! zz\n");
  EXPECT_THAT(error_of([&] { load_tokenizer(directory.path()); }), HasSubstr("the vocabulary lacks"));
}

TEST(TokenizerTest, ConfigurationNamesTheSpecialTokens) {
  const TokenizerFile file = parse_tokenizer_file(golden("bpe/tokenizer.json").dump());
  const auto special = [&](const char* config) {
    return make_tokenizer(file, nlohmann::json::parse(config))->special();
  };
  EXPECT_EQ(special("null").bos, 599);
  EXPECT_EQ(special(R"({"bos_token": null, "eos_token": "<|endoftext|>"})").bos, std::nullopt);
  EXPECT_EQ(special(R"({"pad_token": {"content": "!", "lstrip": false}})").pad, 0);
  EXPECT_THAT(error_of([&] { special(R"({"unk_token": "<none>"})"); }), HasSubstr("unk_token \"<none>\""));
}

TEST(TokenizerTest, NamesWhatItLacks) {
  const nlohmann::json good = golden("bpe/tokenizer.json");
  const auto error = [&](const char* pointer, const char* value) {
    nlohmann::json changed = good;
    changed[nlohmann::json::json_pointer(pointer)] = nlohmann::json::parse(value);
    return error_of([&] { make_tokenizer(parse_tokenizer_file(changed.dump()), nullptr); });
  };
  EXPECT_EQ(error("/truncation", "null"), "no error");
  EXPECT_THAT(error("/normalizer", R"({"type": "Nmt"})"), HasSubstr("normalizer Nmt is not supported"));
  EXPECT_THAT(error("/normalizer", R"({"type": "Sequence", "normalizers": [{"type": "ByteLevel"}]})"),
              HasSubstr("normalizer ByteLevel is not supported"));
  EXPECT_THAT(
      error("/normalizer", R"({"type": "Strip", "strip_left": true, "strip_right": true, "middle": 1})"),
      HasSubstr("normalizer Strip has \"middle\": 1, which is not supported"));
  EXPECT_THAT(error("/pre_tokenizer", R"({"type": "UnicodeScripts"})"),
              HasSubstr("pre_tokenizer UnicodeScripts"));
  EXPECT_THAT(
      error("/pre_tokenizer", R"({"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"})"),
      HasSubstr("\"(a\" is not a regular expression"));
  EXPECT_THAT(error("/pre_tokenizer", R"({"type": "Split", "pattern": {"String": "a"}, "behavior": "Cut"})"),
              HasSubstr("\"behavior\" is \"Cut\""));
  EXPECT_THAT(
      error("/pre_tokenizer",
            R"({"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Whitespace"}]})"),
      HasSubstr("Whitespace after ByteLevel"));
  EXPECT_THAT(error("/post_processor", R"({"type": "Other"})"), HasSubstr("post_processor Other"));
  const auto with_single = [](const std::string& single) {
    return R"({"type": "TemplateProcessing", "single": [)" + single + "]}";
  };
  const std::string text_alone = R"({"Sequence": {"id": "A", "type_id": 0}})";
  EXPECT_EQ(error("/post_processor", with_single(text_alone).c_str()), "no error");
  const std::string begins = R"({"SpecialToken": {"id": "<s>", "type_id": 0}}, )" + text_alone;
  EXPECT_THAT(error("/post_processor", with_single(begins).c_str()), HasSubstr("special token \"<s>\""));
  EXPECT_THAT(error("/post_processor", with_single("").c_str()), HasSubstr("has A 0 times"));
  EXPECT_THAT(error("/decoder", R"({"type": "CTC"})"), HasSubstr("decoder CTC"));
  EXPECT_THAT(error("/model/type", R"("Unigram")"), HasSubstr("model Unigram after pre_tokenizer ByteLevel"));
  EXPECT_THAT(error("/model/type", R"("Morfessor")"), HasSubstr("model Morfessor is not supported"));
  EXPECT_THAT(error("/model/dropout", "0.1"), HasSubstr("dropout"));
  EXPECT_THAT(error("/added_tokens/0/id", "-1"), HasSubstr("id -1"));
  EXPECT_THAT(error("/added_tokens/0/id", "2000000000"), HasSubstr("id 2000000000"));
  EXPECT_THAT(error("/added_tokens/0/id", "3"), HasSubstr("same id 3"));
  EXPECT_THAT(error("/model/vocab/木", "700"), HasSubstr("outside the alphabet"));
  EXPECT_THAT(error("/model/vocab/!", "\"x\""), HasSubstr("expected an integer"));
  EXPECT_THAT(error("/model/merges/0", R"(["!", "\u0120!!!"])"), HasSubstr("merge 1"));
}

TEST(TokenizerTest, NamesTheFile) {
  io::TestDirectory directory;
  EXPECT_THAT(error_of([&] { load_tokenizer(directory.path()); }),
              AllOf(HasSubstr(directory.path().string()), HasSubstr("expected tokenizer.json")));
  const auto path = directory.path() / "tokenizer.json";
  for (const char* text : {"{", "[]", "{}", "7", R"({"pre_tokenizer": 3, "model": {"type": 4}})"}) {
    io::write_text_atomically(path, text);
    EXPECT_THAT(error_of([&] { load_tokenizer(directory.path()); }), HasSubstr(path.string())) << text;
  }
}

TEST(TokenizerTest, NamesTheSpecialTokenThatIsNoText) {
  io::TestDirectory directory;
  io::write_text_atomically(directory.path() / "tokenizer.json", golden("bpe/tokenizer.json").dump());
  const auto path = directory.path() / "tokenizer_config.json";
  for (const char* value : {"7", R"({"content": 7})", R"({"text": "!"})", "[\"!\"]"}) {
    io::write_text_atomically(path, fmt::format(R"({{"pad_token": {}}})", value));
    EXPECT_THAT(error_of([&] { load_tokenizer(directory.path()); }),
                AllOf(HasSubstr(path.string() + ": \"pad_token\" is "), HasSubstr("expected a string")))
        << value;
  }
}

TEST(StreamingDecoderTest, GivesWholeCharactersOnly) {
  const auto tokenizer = load_tokenizer(kGoldens + "bpe");
  const std::string text = "naïve 木😀e\u0301 – \u200d的";
  for (const bool skip_special : {true, false}) {
    StreamingDecoder decoder(*tokenizer, skip_special);
    std::string streamed;
    for (const std::int32_t id : tokenizer->encode(text + std::string(kEndOfText))) {
      const std::string part = decoder.push(id);
      EXPECT_EQ(replace_invalid_utf8(part), part);
      streamed += part;
    }
    EXPECT_EQ(streamed, skip_special ? text : text + std::string(kEndOfText));
    EXPECT_EQ(decoder.finish(), "");
  }
}

TEST(StreamingDecoderTest, ReplacesWhatIsNoCharacter) {
  const auto tokenizer = load_tokenizer(kGoldens + "bpe");
  const auto expected = golden("bpe.json");
  for (const auto& item : expected["byte_cases"]) {
    StreamingDecoder decoder(*tokenizer);
    std::string streamed;
    for (const std::int32_t id : item["ids"].get<Ids>()) streamed += decoder.push(id);
    streamed += decoder.finish();
    EXPECT_EQ(streamed, item["decoded"].get<std::string>());
  }
}

}  // namespace
}  // namespace attune::text
