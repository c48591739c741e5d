#include "attune/text/word_tokenizer.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;

Json golden(const char* name) {
  return Json::parse(io::read_text(std::string(ATTUNE_GOLDENS) + "/pipelines/" + name + ".json"));
}

// The words of the golden: make_pipelines.py.
const std::vector<std::string> words = {"Hello", "lowest", "", "don't"};

TEST(WordTokenizer, PutsABlankBeforeEachWordOfByteLevelBpe) {
  Json file = golden("roberta_prefix")["tokenizer"];
  const Json expected = golden("roberta_prefix")["words"];  // add_prefix_space=True in Hugging Face's
  file["pre_tokenizer"]["add_prefix_space"] = false;
  file["post_processor"]["add_prefix_space"] = false;
  const io::TestDirectory directory;
  io::write_text_atomically(directory.path() / "tokenizer.json", file.dump());
  EXPECT_NE(Json(load_tokenizer(directory.path())->encode_words(words).ids), expected["ids"]);
  const auto tokenizer = load_word_tokenizer(directory.path());
  EXPECT_EQ(Json(tokenizer->encode_words(words).ids), expected["ids"]);
  EXPECT_EQ(Json(tokenizer->encode_words(words).word_ids), expected["word_ids"]);
  EXPECT_EQ(tokenizer->special().cls, load_tokenizer(directory.path())->special().cls);

  save_tokenizer(*tokenizer, directory.path(), 12);
  EXPECT_EQ(Json(load_word_tokenizer(directory.path())->encode_words(words).ids), expected["ids"]);
  EXPECT_EQ(Json(load_tokenizer(directory.path())->encode_words(words).ids), expected["ids"]);
}

TEST(WordTokenizer, LeavesOthersAsTheyAre) {
  const io::TestDirectory directory;
  io::write_text_atomically(directory.path() / "tokenizer.json", golden("bert")["tokenizer"].dump());
  EXPECT_TRUE(load_word_tokenizer(directory.path())->to_json() ==
              load_tokenizer(directory.path())->to_json());
}

}  // namespace
}  // namespace attune::text
