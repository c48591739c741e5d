// Vectors of texts against sentence-transformers: tests/goldens/make_sentence_embeddings.py made what is
// expected.
#include "attune/tasks/embedding/text_embedding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "tests/models/golden.h"
#include "tests/models/npy.h"

namespace attune::tasks {
namespace {

namespace fs = std::filesystem;
using attune::testing::golden_directory;
using attune::testing::read_npy;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

fs::path directory_of(const std::string& name) { return golden_directory("sentence_embeddings", name); }

std::vector<std::string> texts() {
  std::istringstream in(io::read_text(directory_of("texts.txt")));
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

void expect_golden(const std::string& name, const std::string& file, std::string_view prompt) {
  TextEmbedder embedder(directory_of(name));
  const std::vector<float> expected = read_npy(directory_of(name) / file).values;
  for (const std::int64_t batch_size : {1, 3, 32}) {
    const auto got = embedder.embed(texts(), {.prompt = prompt, .batch_size = batch_size});
    ASSERT_EQ(got.size(), expected.size()) << name;
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], expected[i], 2e-6)
          << name << "/" << file << " number " << i << " at " << batch_size;
  }
}

TEST(TextEmbeddingTest, GivesTheVectorsOfSentenceTransformers) {
  for (const char* name : {"mean", "legacy", "plain"}) expect_golden(name, "vectors.npy", "");
}

// So many that the weights are packed.
TEST(TextEmbeddingTest, ManyTextsGiveTheSameVectors) {
  constexpr std::size_t times = 200;
  std::vector<std::string> many;
  for (std::size_t i = 0; i < times; ++i) std::ranges::copy(texts(), std::back_inserter(many));
  for (const char* name : {"mean", "legacy", "plain"}) {
    TextEmbedder embedder(directory_of(name));
    const std::vector<float> expected = read_npy(directory_of(name) / "vectors.npy").values;
    const auto got = embedder.embed(many, {});
    ASSERT_EQ(got.size(), times * expected.size()) << name;
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], expected[i % expected.size()], 2e-6) << name << " number " << i;
  }
}

TEST(TextEmbeddingTest, PutsPromptsBeforeTexts) {
  const TextEmbedder embedder(directory_of("legacy"));
  EXPECT_EQ(embedder.prompt(), "");
  EXPECT_EQ(embedder.query_prompt(), "query: ");
  EXPECT_EQ(embedder.document_prompt(), "passage: ");
  expect_golden("legacy", "query.npy", embedder.query_prompt());
  expect_golden("legacy", "document.npy", embedder.document_prompt());
  EXPECT_THAT([&] { embedder.prompt_named("title"); },
              ThrowsMessage<UsageError>(HasSubstr("expected one of passage, query")));
}

TEST(TextEmbeddingTest, NoTextsGiveNoVectors) {
  EXPECT_TRUE(TextEmbedder(directory_of("mean")).embed({}, {}).empty());
}

TEST(TextEmbeddingTest, RanksByCosine) {
  const std::vector<float> query = {2, 0}, vectors = {0, 1, 3, 3, 0, 0, -1, 0, 5, 5, 9, 0};
  const auto ranked = rank_texts(query, vectors, 4);
  std::vector<std::size_t> order;
  for (const RankedText& text : ranked) order.push_back(text.index);
  EXPECT_THAT(order, ::testing::ElementsAre(5, 1, 4, 0)) << "of equal ones the first";
  EXPECT_DOUBLE_EQ(ranked[0].similarity, 1);
  EXPECT_NEAR(ranked[1].similarity, std::sqrt(0.5), 1e-12);
  EXPECT_EQ(rank_texts(query, vectors, 100).size(), 6U);
}

// A copy of a golden in which one file says something else.
class SentenceDirectoryTest : public ::testing::Test {
 protected:
  void change(const std::string& file, const std::string& from, const std::string& to) {
    fs::remove_all(copy());
    fs::copy(directory_of("legacy"), copy(), fs::copy_options::recursive);
    std::string text = io::read_text(copy() / file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file << " has no " << from;
    io::write_text_atomically(copy() / file, text.replace(at, from.size(), to));
  }
  void expect_refused(const std::vector<std::string>& parts) const {
    for (const std::string& part : parts)
      EXPECT_THAT([this] { TextEmbedder embedder(copy()); }, ThrowsMessage<Error>(HasSubstr(part)));
  }
  fs::path copy() const { return directory_.path() / "copy"; }

  io::TestDirectory directory_;
};

TEST_F(SentenceDirectoryTest, RefusesByNameWhatItDoesNotHave) {
  change("modules.json", "models.Dense", "models.WeightedLayerPooling");
  expect_refused({"modules.json", "WeightedLayerPooling", "expected Normalize"});
  change("modules.json", "sentence_transformers.models.Dense", "custom.Dense");
  expect_refused({"modules.json", "custom.Dense"});
  change("modules.json", "models.Pooling", "models.CNN");
  expect_refused({"CNN", "expected Pooling"});
  change("modules.json", "2_Dense", "../2_Dense");
  expect_refused({"modules.json", "leads out of the directory"});
  change("modules.json", "\"path\"", "\"place\"");
  expect_refused({"modules.json", "path"});
  change("1_Pooling/config.json", "\"word_embedding_dimension\": 8", "\"pooling_mode\": \"median\"");
  expect_refused({"median", "weightedmean"});
  change("1_Pooling/config.json", "\"word_embedding_dimension\": 8", "\"word_embedding_dimension\": 9");
  expect_refused({"expects vectors of 9 numbers, the encoder gives 8"});
  change("1_Pooling/config.json", "\"pooling_mode_cls_token\": true", "\"pooling_mode_cls_token\": 1");
  expect_refused({"1_Pooling/config.json", "pooling_mode_cls_token"});
  change("2_Dense/config.json", "Tanh", "Softplus");
  expect_refused({"2_Dense/config.json", "Softplus"});
  change("2_Dense/config.json", "\"in_features\": 48", "\"in_features\": 47");
  expect_refused({"2_Dense/config.json", "47"});
  change("0_Transformer/sentence_roberta_config.json", "9", "-9");
  expect_refused({"sentence_roberta_config.json", "max_seq_length"});
  change("0_Transformer/sentence_roberta_config.json", "{", "{\"transformer_task\": \"fill-mask\",");
  expect_refused({"transformer_task", "fill-mask"});
  change("config_sentence_transformers.json", "null", "\"title\"");
  expect_refused({"default_prompt_name", "title"});
  change("config_sentence_transformers.json", "{", "{\"model_type\": \"CrossEncoder\",");
  expect_refused({"CrossEncoder"});
  change("0_Transformer/config.json", "\"roberta\"", "\"t5\"");
  expect_refused({"t5"});
}

TEST_F(SentenceDirectoryTest, KeepsTheFirstNumbersWhereItIsAsked) {
  change("config_sentence_transformers.json", "{", "{\"truncate_dim\": 3,");
  TextEmbedder shorter(copy()), whole(directory_of("legacy"));
  EXPECT_EQ(shorter.width(), 3);
  const auto some = shorter.embed(texts(), {}), all = whole.embed(texts(), {});
  ASSERT_EQ(some.size(), 3 * texts().size());
  for (std::size_t i = 0; i < some.size(); ++i) EXPECT_EQ(some[i], all[i / 3 * 5 + i % 3]);
}

}  // namespace
}  // namespace attune::tasks
