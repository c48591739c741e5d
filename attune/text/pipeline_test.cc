// Every stage of a tokenizer against Hugging Face's: tests/goldens/make_pipelines.py says what the files
// hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/text/streaming_decoder.h"
#include "attune/text/tokenizer_json.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

const std::string kGoldens = std::string(ATTUNE_GOLDENS) + "/pipelines/";

Json read_golden(const std::string& name) { return Json::parse(io::read_text(kGoldens + name + ".json")); }

std::unique_ptr<Tokenizer> read_tokenizer(const Json& json) {
  return make_tokenizer(parse_tokenizer_file(json.dump()), nullptr);
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldens)) {
    const bool is_tokenizer = entry.path().extension() == ".json" && entry.path().stem() != "texts" &&
                              entry.path().stem() != "older";
    if (is_tokenizer) names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Json offsets_json(const std::vector<Offsets>& offsets) {
  Json json = Json::array();
  for (const auto& [begin, end] : offsets) json.push_back({begin, end});
  return json;
}

// The fields of an encoding that the golden has.
Json fields(const Encoding& encoding, const std::vector<Offsets>& offsets, const Json& golden) {
  const Json all = {{"ids", encoding.ids},
                    {"tokens", encoding.tokens},
                    {"offsets", offsets_json(offsets)},
                    {"word_ids", encoding.word_ids},
                    {"type_ids", encoding.type_ids},
                    {"special", encoding.special_tokens_mask},
                    {"sequence_ids", encoding.sequence_ids}};
  Json chosen = Json::object();
  for (const auto& [name, value] : golden.items()) {
    if (name != "decoded") chosen[name] = all.at(name);
  }
  return chosen;
}

Json without_decoded(Json golden) {
  golden.erase("decoded");
  return golden;
}

// Offsets in characters, each token's in the text that it is of.
std::vector<Offsets> pair_offsets(const Encoding& encoding, const std::string& first,
                                  const std::string& second) {
  std::vector<Offsets> result;
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    const std::string& text = encoding.sequence_ids[i] == 1 ? second : first;
    result.push_back(character_offsets(text, {&encoding.offsets[i], 1}).front());
  }
  return result;
}

Truncation truncation_of(const Json& json) {
  const std::string strategy = json.at("strategy");
  return {
      .max_length = json.at("max_length"),
      .strategy = strategy == "only_first"    ? Truncation::Strategy::only_first
                  : strategy == "only_second" ? Truncation::Strategy::only_second
                                              : Truncation::Strategy::longest_first,
      .stride = json.value("stride", std::size_t{0}),
      .side = json.value("direction", "right") == "left" ? Truncation::Side::left : Truncation::Side::right};
}

class PipelineTest : public testing::TestWithParam<std::string> {};

TEST_P(PipelineTest, EncodesAndDecodesTexts) {
  const Json golden = read_golden(GetParam());
  const auto tokenizer = read_tokenizer(golden["tokenizer"]);
  for (const Json& item : golden["encodings"]) {
    const auto text = item.at("text").get<std::string>();
    const Encoding encoding = tokenizer->encode_single(text);
    Json expected = without_decoded(item);
    expected.erase("text");
    EXPECT_EQ(fields(encoding, character_offsets(text, encoding.offsets), expected), expected)
        << testing::PrintToString(text);
    const Encoding alone = tokenizer->encode_single(text, {.add_special_tokens = false});
    EXPECT_EQ(tokenizer->encode(text), alone.ids) << testing::PrintToString(text);
    if (!item.contains("decoded")) continue;
    for (const bool skip : {false, true}) {
      EXPECT_EQ(replace_invalid_utf8(tokenizer->decode(encoding.ids, skip)), item["decoded"][skip ? 1 : 0])
          << testing::PrintToString(text);
    }
  }
}

TEST_P(PipelineTest, EncodesPairsAndCutsThem) {
  const Json golden = read_golden(GetParam());
  if (!golden.contains("pairs")) return;
  const auto tokenizer = read_tokenizer(golden["tokenizer"]);
  const Json pairs = read_golden("texts")["pairs"];
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::string first = pairs[i][0], second = pairs[i][1];
    const Encoding encoding = tokenizer->encode_pair(first, second);
    EXPECT_EQ(fields(encoding, pair_offsets(encoding, first, second), golden["pairs"][i]), golden["pairs"][i])
        << first << " | " << second;
  }
  for (const Json& item : golden["truncated"]) {
    const std::string first = item["pair"][0], second = item["pair"][1];
    const EncodeOptions options{.truncation = truncation_of(item["truncation"])};
    if (item["windows"].is_null()) {
      EXPECT_THROW(tokenizer->encode_pair(first, second, options), Error) << item["truncation"];
      continue;
    }
    Encoding encoding = tokenizer->encode_pair(first, second, options);
    std::vector<Encoding> windows = std::exchange(encoding.overflowing, {});
    windows.insert(windows.begin(), encoding);
    ASSERT_EQ(windows.size(), item["windows"].size()) << item["truncation"];
    for (std::size_t i = 0; i < windows.size(); ++i) {
      EXPECT_EQ(fields(windows[i], pair_offsets(windows[i], first, second), item["windows"][i]),
                item["windows"][i])
          << item["truncation"] << " window " << i;
    }
  }
  const std::vector<std::string> words = {"Hello", "lowest", "", "don't"};
  const Encoding encoding = tokenizer->encode_words(words);
  EXPECT_EQ(fields(encoding, encoding.offsets, golden["words"]), golden["words"]);
}

TEST_P(PipelineTest, DecodesIds) {
  const Json golden = read_golden(GetParam());
  if (!golden.contains("decoded")) return;
  const auto tokenizer = read_tokenizer(golden["tokenizer"]);
  for (const Json& item : golden["decoded"]) {
    EXPECT_EQ(replace_invalid_utf8(tokenizer->decode(item["ids"].get<Ids>())), item["text"]) << item["ids"];
  }
}

TEST_P(PipelineTest, ComesBackFromItsFile) {
  const Json json = read_golden(GetParam())["tokenizer"];
  const Json written = read_tokenizer(json)->to_json();
  EXPECT_EQ(written["normalizer"], json["normalizer"]);
  EXPECT_EQ(written["pre_tokenizer"], json["pre_tokenizer"]);
  EXPECT_EQ(written["post_processor"], json["post_processor"]);
  EXPECT_EQ(written["decoder"], json["decoder"]);
  EXPECT_EQ(written["added_tokens"], json["added_tokens"]);
  EXPECT_EQ(written["model"], json["model"]);
}

TEST(OlderTokenizersTest, ReadsWhatTransformersReads) {
  const Json golden = read_golden("older");
  for (const auto& [family, encodings] : golden.items()) {
    const auto tokenizer = load_tokenizer(kGoldens + "older/" + family);
    for (const Json& item : encodings) {
      const auto text = item.at("text").get<std::string>();
      const Encoding encoding = tokenizer->encode_single(text);
      Json expected = without_decoded(item);
      expected.erase("text");
      EXPECT_EQ(fields(encoding, character_offsets(text, encoding.offsets), expected), expected)
          << family << ": " << testing::PrintToString(text);
      for (const bool skip : {false, true}) {
        EXPECT_EQ(replace_invalid_utf8(tokenizer->decode(encoding.ids, skip)), item["decoded"][skip ? 1 : 0])
            << family << ": " << testing::PrintToString(text);
      }
    }
  }
}

// What has been read from older files and written is the same tokenizer.
TEST(OlderTokenizersTest, ComesBackFromTokenizerJson) {
  const Json golden = read_golden("older");
  for (const auto& [family, encodings] : golden.items()) {
    io::TestDirectory directory;
    const auto tokenizer = load_tokenizer(kGoldens + "older/" + family);
    save_tokenizer(*tokenizer, directory.path(), 512);
    const auto read = load_tokenizer(directory.path());
    EXPECT_EQ(read->to_json(), tokenizer->to_json()) << family;
    EXPECT_EQ(read->special().mask, tokenizer->special().mask) << family;
    EXPECT_EQ(read->special().sep, tokenizer->special().sep) << family;
    EXPECT_EQ(read->special().eos, tokenizer->special().eos) << family;
    for (const Json& item : encodings) {
      EXPECT_EQ(read->encode_single(item.at("text").get<std::string>()).ids, item["ids"].get<Ids>())
          << family;
    }
  }
}

TEST(OlderTokenizersTest, NamesWhatIsWrong) {
  io::TestDirectory directory;
  const auto error = [&](const char* file, const std::string& content) -> std::string {
    io::write_text_atomically(directory.path() / file, content);
    try {
      load_tokenizer(directory.path() / file);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error("vocab.txt", ""), testing::HasSubstr("the vocabulary is empty"));
  EXPECT_THAT(error("vocab.txt", "a\nb\n"), testing::HasSubstr("the vocabulary has no ["));
  EXPECT_THAT(error("spiece.model", "no model"), testing::HasSubstr("not a SentencePiece model"));
  const std::string model = io::read_text(kGoldens + "older/t5/spiece.model");
  EXPECT_THAT(error("spiece.model", model.substr(0, model.size() / 2)),
              testing::HasSubstr("SentencePiece model"));
}

// Whatever a file has become, it is read or refused.
TEST(TokenizerFileTest, RefusesWhatIsCutOffOrDamaged) {
  for (const char* name : {"bert", "t5", "llama", "split_byte_level"}) {
    const std::string good = read_golden(name)["tokenizer"].dump();
    std::mt19937_64 random(1);
    const auto try_to_read = [](const std::string& json) {
      try {
        make_tokenizer(parse_tokenizer_file(json), nullptr)->encode_single("Hello [MASK] wörld 木");
      } catch (const Error&) {
      } catch (const Json::exception&) {
      }
    };
    for (std::size_t size = 0; size < good.size(); size += 1 + good.size() / 150) {
      EXPECT_THROW(make_tokenizer(parse_tokenizer_file(good.substr(0, size)), nullptr), Error) << size;
    }
    for (int round = 0; round < 300; ++round) {
      std::string damaged = good;
      for (int n = 0; n < 3; ++n) damaged[random() % damaged.size()] = "0{}[]\",:a-"[random() % 11];
      try_to_read(damaged);
    }
  }
}

TEST(WordPieceTest, TakesLongWordsInNoTime) {
  Json json = read_golden("bert")["tokenizer"];
  const std::string word(100'000, 'l');
  EXPECT_EQ(read_tokenizer(json)->encode(word).size(), 1u);  // [UNK]
  json["model"]["max_input_chars_per_word"] = 1'000'000;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_GT(read_tokenizer(json)->encode(word).size(), 10'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

// A cut changes no id, and tokens as they come make the text that they make at once.
TEST_P(PipelineTest, CutsAndStreams) {
  const Json golden = read_golden(GetParam());
  const auto tokenizer = read_tokenizer(golden["tokenizer"]);
  for (const Json& item : golden["encodings"]) {
    const std::string text = item["text"];
    const Ids whole = tokenizer->encode(text);
    for (std::size_t from = 0; from <= text.size(); ++from) {
      const std::size_t cut = tokenizer->find_cut(text, from);
      Ids parts = tokenizer->encode(text.substr(0, cut));
      for (const std::int32_t id : tokenizer->encode(text.substr(cut))) parts.push_back(id);
      ASSERT_EQ(parts, whole) << testing::PrintToString(text) << " cut at " << cut;
    }
    if (!item.contains("decoded")) continue;
    StreamingDecoder decoder(*tokenizer, /*skip_special=*/true);
    std::string streamed;
    for (const std::int32_t id : whole) streamed += decoder.push(id);
    EXPECT_EQ(streamed + decoder.finish(),
              replace_invalid_utf8(tokenizer->decode(whole, /*skip_special=*/true)))
        << testing::PrintToString(text);
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, PipelineTest, testing::ValuesIn(names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace attune::text
