#include "attune/text/sentencepiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/text/sentencepiece_model.pb.h"

namespace attune::text {
namespace {

using sentencepiece::ModelProto;
using testing::HasSubstr;

const std::string kGoldens = std::string(ATTUNE_GOLDENS) + "/sentencepiece/";

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

ModelProto model_of(const std::string& name) {
  ModelProto model;
  EXPECT_TRUE(model.ParseFromString(io::read_text(kGoldens + name)));
  return model;
}

std::string error_of(const ModelProto& model) {
  return error_of([&] { SentencePiece(model.SerializeAsString()); });
}

// A few pieces, of the letters a and b.
ModelProto small_model() {
  ModelProto model;
  const auto add = [&](const char* text, float score, ModelProto::SentencePiece::Type type) {
    ModelProto::SentencePiece* piece = model.add_pieces();
    piece->set_piece(text);
    piece->set_score(score);
    piece->set_type(type);
  };
  add("<unk>", 0, ModelProto::SentencePiece::UNKNOWN);
  add("a", -1, ModelProto::SentencePiece::NORMAL);
  add("b", -1, ModelProto::SentencePiece::NORMAL);
  add("ab", -2, ModelProto::SentencePiece::NORMAL);
  return model;
}

std::vector<std::int32_t> ids_of(const SentencePiece& model, std::string_view text) {
  std::vector<std::int32_t> ids;
  for (const Segment& segment : model.encode(text).segments) ids.push_back(segment.id);
  return ids;
}

class SentencePieceGoldenTest : public testing::TestWithParam<const char*> {};

TEST_P(SentencePieceGoldenTest, EncodesAndDecodesAsTheLibraryDoes) {
  const SentencePiece model(io::read_text(kGoldens + "models/" + GetParam() + ".spm"));
  const auto cases = nlohmann::json::parse(io::read_text(kGoldens + "models.json")).at(GetParam());
  ASSERT_GT(cases.size(), 80);
  for (const auto& item : cases) {
    const auto pieces = item["pieces"].get<std::vector<std::string>>();
    EXPECT_EQ(model.decode(std::vector<std::string_view>(pieces.begin(), pieces.end())),
              item["decoded"].get<std::string>());
    if (!item.contains("text")) continue;
    const auto text = item["text"].get<std::string>();
    const SentencePiece::Encoding encoding = model.encode(text);
    std::vector<std::string> texts;
    for (const Segment& segment : encoding.segments) {
      const bool unknown = segment.id == model.pieces().unknown();
      texts.emplace_back(unknown ? encoding.text(segment) : model.pieces()[segment.id].text);
    }
    EXPECT_EQ(texts, pieces) << testing::PrintToString(text);
    EXPECT_EQ(ids_of(model, text), item["ids"].get<std::vector<std::int32_t>>());
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, SentencePieceGoldenTest,
                         testing::Values("bpe", "bytes", "blanks", "suffix", "defined"),
                         [](const auto& info) { return std::string(info.param); });

TEST(SentencePieceTest, OfEqualPathsTheFirstFoundStays) {
  ModelProto model = small_model();
  model.mutable_normalizer_spec()->set_add_dummy_prefix(false);
  // a b and ab both sum to -2; the piece that begins earlier was there first.
  EXPECT_EQ(ids_of(SentencePiece(model.SerializeAsString()), "ab"), (std::vector<std::int32_t>{3}));
  model.mutable_pieces(3)->set_score(-2.5F);
  EXPECT_EQ(ids_of(SentencePiece(model.SerializeAsString()), "ab"), (std::vector<std::int32_t>{1, 2}));
}

TEST(SentencePieceTest, KeepsScoresApartInLongLines) {
  ModelProto model = small_model();
  model.mutable_normalizer_spec()->set_add_dummy_prefix(false);
  model.mutable_pieces(1)->set_score(-100);
  model.mutable_pieces(2)->set_score(-100);
  model.mutable_pieces(3)->set_score(-200.05F);  // In a sum of 40 million, the same as -200.
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "ab";
  EXPECT_THAT(ids_of(SentencePiece(model.SerializeAsString()), text), testing::Not(testing::Contains(3)));
}

TEST(SentencePieceTest, TakesAnyBytes) {
  std::mt19937_64 random(3);
  for (const char* name : {"marian/source.spm", "models/bpe.spm", "models/bytes.spm", "models/defined.spm"}) {
    const SentencePiece model(io::read_text(kGoldens + name));
    for (int round = 0; round < 100; ++round) {
      std::string bytes;
      for (std::uint64_t n = random() % 100; n > 0; --n) bytes += static_cast<char>(random());
      const SentencePiece::Encoding encoding = model.encode(bytes);
      std::string joined;
      for (const Segment& segment : encoding.segments) joined += encoding.text(segment);
      EXPECT_EQ(joined, encoding.normalized);
    }
  }
  const SentencePiece model(io::read_text(kGoldens + "models/blanks.spm"));
  EXPECT_EQ(model.encode("\xC3 \xE2\x96").normalized, "\uFFFD▁\uFFFD\uFFFD");
}

TEST(SentencePieceTest, RefusesWhatIsNotAModel) {
  const std::string file = io::read_text(kGoldens + "models/bytes.spm");
  EXPECT_THAT(error_of([] { SentencePiece(""); }), HasSubstr("not a SentencePiece model"));
  EXPECT_THAT(error_of([] { SentencePiece("{\"a\": 1}"); }), HasSubstr("not a SentencePiece model"));
  EXPECT_THAT(error_of([&] { SentencePiece(file.substr(0, file.size() - 1)); }),
              HasSubstr("only a part of one"));
}

TEST(SentencePieceTest, RefusesPiecesThatAreWrong) {
  EXPECT_EQ(error_of(small_model()), "no error");
  const auto changed = [](const std::function<void(ModelProto&)>& change) {
    ModelProto model = small_model();
    change(model);
    return error_of(model);
  };
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(1)->set_score(std::nanf("")); }),
              HasSubstr("piece 1 \"a\" has score nan"));
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(2)->set_score(-INFINITY); }), HasSubstr("score -inf"));
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(2)->set_piece(""); }), HasSubstr("piece 2 is empty"));
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(2)->set_piece("a"); }),
              HasSubstr("\"a\" occurs twice, at 1 and 2"));
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(2)->set_piece(std::string(9000, 'a')); }),
              HasSubstr("has 9000 bytes"));
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(2)->set_piece(std::string("a\0b", 3)); }),
              HasSubstr("zero byte"));
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(0)->clear_type(); }),
              HasSubstr("no piece stands for the unknown"));
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(1)->set_type(ModelProto::SentencePiece::UNKNOWN); }),
              HasSubstr("pieces 0 and 1 both"));
  EXPECT_THAT(changed([](auto& m) { m.mutable_pieces(1)->set_type(ModelProto::SentencePiece::BYTE); }),
              HasSubstr("byte piece 1 is \"a\""));
  EXPECT_THAT(changed([](auto& m) { m.mutable_trainer_spec()->set_byte_fallback(true); }),
              HasSubstr("has no piece <0x00>"));
  EXPECT_THAT(
      changed([](auto& m) { m.mutable_trainer_spec()->set_model_type(sentencepiece::TrainerSpec::CHAR); }),
      HasSubstr("type CHAR is not supported"));
}

std::string error_of_charsmap(std::string charsmap) {
  ModelProto model = small_model();
  model.mutable_normalizer_spec()->set_precompiled_charsmap(std::move(charsmap));
  return error_of(model);
}

TEST(SentencePieceTest, RefusesRulesThatAreWrong) {
  const std::string good = model_of("models/defined.spm").normalizer_spec().precompiled_charsmap();
  EXPECT_EQ(error_of_charsmap(good), "no error");
  EXPECT_THAT(error_of_charsmap("abc"), HasSubstr("has 3 bytes, expected more than 4"));
  EXPECT_THAT(error_of_charsmap(good.substr(0, 500)), HasSubstr("the trie has"));
  EXPECT_THAT(error_of_charsmap(std::string("\0\0\0\0\0", 5)), HasSubstr("the trie has 0 bytes"));
  EXPECT_THAT(error_of_charsmap(good.substr(0, good.size() - 1)), HasSubstr("does not end"));
  EXPECT_THAT(error_of_charsmap(good.substr(0, 4) + std::string(good.size() - 4, '\0')),
              HasSubstr("no root"));
  std::string strayed = good;
  strayed[7] = '\x7F';  // The root's offset.
  EXPECT_THAT(error_of_charsmap(strayed), HasSubstr("leads to unit"));
}

// Every byte of the rules changed in turn: the model is refused, or it works on any text.
TEST(SentencePieceTest, SurvivesDamagedRules) {
  const std::string good = model_of("models/defined.spm").normalizer_spec().precompiled_charsmap();
  ModelProto model = small_model();
  int refused = 0, taken = 0;
  std::mt19937_64 random(11);
  for (std::size_t at = 0; at < good.size(); at += 3) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(random());
    damaged[random() % damaged.size()] = static_cast<char>(random());
    model.mutable_normalizer_spec()->set_precompiled_charsmap(damaged);
    try {
      const SentencePiece spm(model.SerializeAsString());
      spm.encode("ＡＢＣ ＡＢ ½ AB e\u0301 😀 … a b");
      ++taken;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10);
  EXPECT_GT(taken, 10);
}

}  // namespace
}  // namespace attune::text
