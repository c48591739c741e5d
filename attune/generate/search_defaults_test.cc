#include "attune/generate/search_defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"

namespace attune::generate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

class SearchDefaultsTest : public ::testing::Test {
 protected:
  SearchDefaults read() const { return read_search_defaults(directory_.path()); }
  SearchDefaults read(const std::string& generation_config) const {
    write("generation_config.json", generation_config);
    return read();
  }
  void write(const char* name, const std::string& text) const {
    std::ofstream(directory_.path() / name) << text;
  }

 private:
  io::TestDirectory directory_;
};

TEST_F(SearchDefaultsTest, AreThoseOfGenerationConfig) {
  write("config.json", R"({"num_beams": 5, "length_penalty": 2})");
  const SearchDefaults opus = read(
      R"({"_from_model_config": true, "bad_words_ids": [[58100]], "bos_token_id": 0, "eos_token_id": 0,
          "decoder_start_token_id": 58100, "forced_eos_token_id": 0, "max_length": 512, "num_beams": 6,
          "pad_token_id": 58100, "renormalize_logits": true, "transformers_version": "4.33.0.dev0"})");
  EXPECT_EQ(opus.num_beams, 6);
  EXPECT_EQ(opus.max_new_tokens, 511);
  EXPECT_EQ(opus.length_penalty, std::nullopt) << "config.json has no say beside generation_config.json";
  EXPECT_THAT(opus.not_done, IsEmpty());
  const SearchDefaults both = read(R"({"max_length": 512, "max_new_tokens": 40, "length_penalty": 0.5})");
  EXPECT_EQ(both.max_new_tokens, 40) << "Hugging Face's precedence";
  EXPECT_EQ(both.length_penalty, 0.5);
}

TEST_F(SearchDefaultsTest, AreThoseOfConfigWhereThereIsNoOther) {
  write("config.json", R"({"num_beams": 5, "max_length": null})");
  EXPECT_EQ(read().num_beams, 5);
  EXPECT_EQ(read().max_new_tokens, std::nullopt);
}

TEST_F(SearchDefaultsTest, NameWhatIsAskedForAndNotDone) {
  EXPECT_THAT(read(R"({"no_repeat_ngram_size": 3, "do_sample": true, "suppress_tokens": [7]})").not_done,
              ElementsAre("do_sample true", "no_repeat_ngram_size 3", "suppress_tokens [7]"));
  EXPECT_THAT(read(R"({"no_repeat_ngram_size": 0, "do_sample": false, "repetition_penalty": 1.0, "top_k": 5,
                       "early_stopping": null, "min_length": 0, "use_cache": true})")
                  .not_done,
              IsEmpty());
}

TEST_F(SearchDefaultsTest, ThatMakeNoSenseAreRefusedByName) {
  const auto reading = [this](const char* text) { return [this, text] { read(text); }; };
  EXPECT_THAT(
      reading(R"({"num_beams": 0})"),
      ThrowsMessage<Error>(HasSubstr(R"(generation_config.json: "num_beams" is 0, expected at least 1)")));
  EXPECT_THAT(reading(R"({"max_length": 1})"), ThrowsMessage<Error>(HasSubstr(R"("max_length" is 1)")));
  EXPECT_THAT(reading(R"({"length_penalty": "x"})"), ThrowsMessage<Error>(HasSubstr("wrong type")));
}

}  // namespace
}  // namespace attune::generate
