#include "attune/text/models/bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace attune::text {
namespace {

// A random vocabulary of strings of a to e, and its merges.
struct RandomModel {
  explicit RandomModel(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    tokens = {"a", "b", "c", "d", "e"};
    while (tokens.size() < 60) {
      const auto left = static_cast<std::int32_t>(random() % tokens.size());
      const auto right = static_cast<std::int32_t>(random() % tokens.size());
      const std::string token =
          tokens[static_cast<std::size_t>(left)] + tokens[static_cast<std::size_t>(right)];
      if (token.size() > 9 || std::find(tokens.begin(), tokens.end(), token) != tokens.end()) continue;
      merges.push_back({left, right, static_cast<std::int32_t>(tokens.size())});
      tokens.push_back(token);
    }
  }

  // The definition, word for word: as long as there is one, the merge of lowest rank, leftmost first.
  std::vector<std::int32_t> encode(std::string_view piece) const {
    std::vector<std::int32_t> ids;
    for (const char c : piece) ids.push_back(c - 'a');
    for (bool merged = true; merged;) {
      merged = false;
      for (std::size_t rank = 0; rank < merges.size() && !merged; ++rank) {
        for (std::size_t i = 0; i + 1 < ids.size() && !merged; ++i) {
          if (ids[i] != merges[rank].left || ids[i + 1] != merges[rank].right) continue;
          ids[i] = merges[rank].id;
          ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(i) + 1);
          merged = true;
        }
      }
    }
    return ids;
  }

  std::vector<std::string> tokens;
  std::vector<Merge> merges;
};

TEST(BpeTest, FollowsTheDefinitionForShortAndLongPieces) {
  std::mt19937_64 random(3);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const RandomModel model(seed);
    const Bpe bpe(std::make_shared<const Vocabulary>(model.tokens), model.merges);
    for (const std::size_t length : {1, 2, 3, 7, 20, 47, 48, 49, 50, 120}) {
      std::string piece;
      while (piece.size() < length) piece += static_cast<char>('a' + random() % 5);
      std::vector<std::int32_t> ids;
      bpe.encode(piece, ids);
      ASSERT_EQ(ids, model.encode(piece)) << "seed " << seed << ": " << piece;
    }
  }
}

TEST(BpeTest, NamesAByteWithoutToken) {
  const Bpe bpe(std::make_shared<const Vocabulary>(std::vector<std::string>{"a"}), {});
  std::vector<std::int32_t> ids;
  EXPECT_THROW(bpe.encode("az", ids), UnknownPiece);
  const Bpe with_unknown(std::make_shared<const Vocabulary>(std::vector<std::string>{"a", "?"}), {},
                         Bpe::Options{.unknown = 1});
  ids.clear();
  with_unknown.encode("az", ids);
  EXPECT_EQ(ids, (std::vector<std::int32_t>{0, 1}));
}

}  // namespace
}  // namespace attune::text
