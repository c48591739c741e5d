#include "attune/text/marian_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;
using testing::AllOf;
using testing::HasSubstr;

const fs::path kGoldens = fs::path(ATTUNE_GOLDENS) / "sentencepiece";

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(MarianTokenizerTest, EncodesAndDecodesAsHuggingFaceDoes) {
  const auto tokenizer = load_translation_tokenizer(kGoldens / "marian");
  const auto expected = nlohmann::json::parse(io::read_text(kGoldens / "marian.json"));
  ASSERT_GT(expected["cases"].size(), 80);
  for (const auto& item : expected["cases"]) {
    const auto text = item["text"].get<std::string>();
    EXPECT_EQ(tokenizer->encode_source(text), item["source"].get<Ids>()) << testing::PrintToString(text);
    EXPECT_EQ(tokenizer->encode_target(text), item["target"].get<Ids>()) << testing::PrintToString(text);
  }
  for (const auto& item : expected["decoded"]) {
    EXPECT_EQ(tokenizer->decode_target(item["ids"].get<Ids>()), item["text"].get<std::string>());
  }
}

TEST(MarianTokenizerTest, KnowsItsTokens) {
  const auto tokenizer = load_translation_tokenizer(kGoldens / "marian");
  EXPECT_EQ(tokenizer->kind(), "SentencePiece Unigram");
  const auto last = static_cast<std::int32_t>(tokenizer->vocab_size()) - 1;
  EXPECT_EQ(tokenizer->special().eos, 0);
  EXPECT_EQ(tokenizer->special().unk, 1);
  EXPECT_EQ(tokenizer->special().pad, last);
  EXPECT_EQ(tokenizer->special().bos, std::nullopt);
  EXPECT_TRUE(tokenizer->is_special(0) && tokenizer->is_special(last));
  EXPECT_FALSE(tokenizer->is_special(2));
  EXPECT_EQ(tokenizer->id_to_token(last), "<pad>");
  EXPECT_EQ(tokenizer->encode_source(""), Ids{0});
  EXPECT_THAT(error_of([&] { tokenizer->decode_target(Ids{last + 1}); }), HasSubstr("out of range"));
}

TEST(MarianTokenizerTest, SavesItsFilesAsTheyWere) {
  io::TestDirectory directory;
  load_translation_tokenizer(kGoldens / "marian")->save(directory.path(), 512);
  for (const auto& file : fs::directory_iterator(kGoldens / "marian")) {
    EXPECT_TRUE(io::read_text(file.path()) == io::read_text(directory.path() / file.path().filename()));
  }
}

class MarianDirectory {
 public:
  MarianDirectory() { fs::copy(kGoldens / "marian", directory_.path(), fs::copy_options::recursive); }
  void write(const char* name, std::string_view text) {
    io::write_text_atomically(directory_.path() / name, text);
  }
  void remove(const char* name) { fs::remove(directory_.path() / name); }
  std::string error() const {
    return error_of([&] { load_translation_tokenizer(directory_.path()); });
  }
  std::unique_ptr<TranslationTokenizer> load() const { return load_translation_tokenizer(directory_.path()); }

 private:
  io::TestDirectory directory_;
};

TEST(MarianTokenizerTest, NeedsNoConfiguration) {
  MarianDirectory directory;
  directory.remove("tokenizer_config.json");
  EXPECT_EQ(directory.load()->special().eos, 0);
  directory.write("tokenizer_config.json",  // As transformers saves it.
                  R"({"eos_token": {"content": "</s>", "lstrip": false}, "separate_vocabs": false,
                      "sp_model_kwargs": {}, "extra_special_tokens": [">>fr<<"],
                      "added_tokens_decoder": {"1": {"content": "<unk>", "special": true}}})");
  const auto tokenizer = directory.load();
  EXPECT_EQ(tokenizer->special().unk, 1);
  EXPECT_TRUE(tokenizer->is_special(tokenizer->encode_source(">>fr<< ba").at(0)));
}

TEST(MarianTokenizerTest, FindsAddedTokensFirst) {
  MarianDirectory directory;
  const Ids alone = directory.load()->encode_target("ba");
  directory.write("tokenizer_config.json", R"({"added_tokens_decoder": {"352": {"content": "qq"}}})");
  Ids expected(alone.begin(), alone.end() - 1);
  expected.push_back(352);
  expected.insert(expected.end(), alone.begin(), alone.end());
  EXPECT_EQ(directory.load()->encode_target("baqqba"), expected);
}

TEST(MarianTokenizerTest, NamesTheFileThatIsWrong) {
  const auto with = [](const char* name, std::string_view content) {
    MarianDirectory directory;
    directory.write(name, content);
    return directory.error();
  };
  const auto without = [](const char* name) {
    MarianDirectory directory;
    directory.remove(name);
    return directory.error();
  };
  EXPECT_THAT(without("target.spm"), HasSubstr("no target.spm"));
  EXPECT_THAT(without("vocab.json"), HasSubstr("no vocab.json"));
  EXPECT_THAT(with("source.spm", "<html>"),
              AllOf(HasSubstr("source.spm: "), HasSubstr("not a SentencePiece")));
  EXPECT_THAT(with("target.spm", ""), HasSubstr("target.spm: "));
  EXPECT_THAT(with("vocab.json", "{"), HasSubstr("vocab.json: "));
  EXPECT_THAT(with("vocab.json", "{}"), HasSubstr("the vocabulary is empty"));
  EXPECT_THAT(with("vocab.json", R"({"</s>": 0, "<unk>": 1})"),
              HasSubstr("the pad_token \"<pad>\" is not in the vocabulary"));
  EXPECT_THAT(with("vocab.json", R"({"</s>": 0, "<unk>": 0})"), HasSubstr("have the same id 0"));
  EXPECT_THAT(with("vocab.json", R"({"</s>": 0, "<unk>": 1000000000})"), HasSubstr("has id 1000000000"));
  EXPECT_THAT(with("vocab.json", R"({"</s>": -1})"), HasSubstr("has id -1"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"separate_vocabs": true})"),
              HasSubstr("\"separate_vocabs\""));
  EXPECT_THAT(with("tokenizer_config.json", R"({"sp_model_kwargs": {"enable_sampling": true}})"),
              HasSubstr("enable_sampling"));
  EXPECT_THAT(with("tokenizer_config.json", "[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"added_tokens_decoder": {"9": {"content": "<new>"}}})"),
              HasSubstr("the added token \"<new>\" is not in the vocabulary"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"pad_token": {"content": "<pad>", "lstrip": true}})"),
              HasSubstr("\"<pad>\" with \"lstrip\": true is not supported"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"added_tokens_decoder": {"1": 7}})"),
              HasSubstr("tokenizer_config.json: added token 7, expected a string"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"eos_token": 7})"),
              HasSubstr("tokenizer_config.json: \"eos_token\" is 7, expected a string"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"eos_token": "<end>"})"),
              HasSubstr("the eos_token \"<end>\" is not in the vocabulary"));
}

}  // namespace
}  // namespace attune::text
