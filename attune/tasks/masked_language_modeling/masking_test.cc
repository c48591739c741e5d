#include "attune/tasks/masked_language_modeling/masking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "attune/tasks/targets.h"
#include "attune/text/corpora/test_corpus.h"

namespace attune::tasks {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::int32_t unk = 1, cls = 2, sep = 3, mask_token = 4, first_letter = 5, vocabulary = 57;

// [CLS], `words` words of `letters` letters, [SEP].
struct Text {
  std::vector<std::int32_t> ids{cls};
  std::vector<std::uint8_t> begins_word{1};

  explicit Text(int words, int letters) {
    for (int word = 0; word < words; ++word) {
      for (int letter = 0; letter < letters; ++letter) {
        ids.push_back(first_letter + (word + letter) % 26 + (letter > 0 ? 26 : 0));
        begins_word.push_back(letter == 0);
      }
    }
    ids.push_back(sep);
    begins_word.push_back(1);
  }
};

struct Masked {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> targets;
};

Masked masked(const Text& text, const MaskingOptions& options, std::uint64_t seed) {
  const Masking masking(*text::letters_tokenizer(), options);
  Masked result{text.ids, {}};
  Generator generator{.seed = seed};
  result.targets = masking.mask(result.ids, masking.units(text.ids, text.begins_word), generator);
  return result;
}

TEST(Masking, SharesAreAsAsked) {
  const Text text(41, 1);
  std::int64_t tokens = 0, predicted = 0, masks = 0, kept = 0, random = 0;
  std::set<std::int32_t> drawn;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Masked result = masked(text, {}, seed);
    for (std::size_t i = 0; i < text.ids.size(); ++i) {
      if (result.targets[i] == ignored_target) {
        EXPECT_EQ(result.ids[i], text.ids[i]);
        continue;
      }
      EXPECT_EQ(result.targets[i], text.ids[i]);
      ++predicted;
      if (result.ids[i] == mask_token) {
        ++masks;
      } else if (result.ids[i] == text.ids[i]) {
        ++kept;
      } else {
        ++random;
        drawn.insert(result.ids[i]);
      }
    }
    tokens += 41;
  }
  const auto share = [](std::int64_t a, std::int64_t b) {
    return static_cast<double>(a) / static_cast<double>(b);
  };
  EXPECT_NEAR(share(predicted, tokens), 0.15, 0.002) << "41 x 0.15 is no whole number";
  EXPECT_NEAR(share(masks, predicted), 0.8, 0.015);
  EXPECT_NEAR(share(random, predicted), 0.1, 0.01);
  EXPECT_NEAR(share(kept, predicted), 0.1, 0.01);
  EXPECT_EQ(drawn.size(), static_cast<std::size_t>(vocabulary - first_letter))
      << "any token but special ones";
  EXPECT_GE(*drawn.begin(), first_letter);
}

TEST(Masking, TheSplitCanBeChosen) {
  const Text text(100, 1);
  const auto only = [&](double mask, double random) {
    return masked(
        text, {.probability = 0.5, .mask_replace_probability = mask, .random_replace_probability = random},
        1);
  };
  const auto predicted = [](const Masked& result) {
    std::vector<std::int32_t> ids;
    for (std::size_t i = 0; i < result.ids.size(); ++i) {
      if (result.targets[i] != ignored_target) ids.push_back(result.ids[i]);
    }
    return ids;
  };
  EXPECT_EQ(predicted(only(1, 0)).size(), 50u);
  EXPECT_THAT(predicted(only(1, 0)), Each(mask_token));
  EXPECT_EQ(only(0, 0).ids, text.ids);
  EXPECT_EQ(predicted(only(0, 0)).size(), 50u);
  const auto random = predicted(only(0, 1));
  EXPECT_EQ(std::ranges::count(random, mask_token), 0);
}

TEST(Masking, SpecialTokensAreNeverPredicted) {
  Text text(10, 1);
  text.ids[4] = unk;
  text.ids[7] = mask_token;
  text.ids[9] = sep;
  const Masked all = masked(text, {.probability = 1}, 1);
  for (std::size_t i = 0; i < text.ids.size(); ++i)
    EXPECT_EQ(all.targets[i], text.ids[i] < first_letter ? ignored_target : text.ids[i]) << i;
}

TEST(Masking, WholeWordsAreMaskedOrNot) {
  const Text text(30, 3);
  std::int64_t predicted = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Masked result = masked(text, {.whole_words = true}, seed);
    for (std::size_t word = 0; word < 30; ++word) {
      const std::size_t at = 1 + 3 * word;
      const bool is_masked = result.targets[at] != ignored_target;
      EXPECT_EQ(result.targets[at + 1] != ignored_target, is_masked);
      EXPECT_EQ(result.targets[at + 2] != ignored_target, is_masked);
      predicted += is_masked ? 3 : 0;
    }
  }
  // 13.5 tokens are wanted, and four words fit into 13 or 14.
  EXPECT_EQ(predicted, 200 * 12);
}

TEST(Masking, TokensOfAWordAreReplacedEachForItself) {
  const Text text(1, 26);
  const Masked result = masked(text, {.whole_words = true}, 1);
  EXPECT_GT(std::ranges::count(result.ids, mask_token), 13);
  EXPECT_LT(std::ranges::count(result.ids, mask_token), 26);
}

TEST(Masking, AWordWithASpecialTokenIsPassedOver) {
  Text text(4, 3);
  text.ids[5] = unk;
  const Masked result = masked(text, {.probability = 1, .whole_words = true}, 1);
  for (std::size_t i = 1; i <= 12; ++i) EXPECT_EQ(result.targets[i] == ignored_target, i >= 4 && i <= 6) << i;
}

TEST(Masking, AtLeastOneTokenIsPredicted) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Masked result = masked(Text(2, 1), {.probability = 0.01}, seed);
    EXPECT_EQ(std::ranges::count(result.targets, ignored_target), 3);
  }
  const Masked word = masked(Text(1, 4), {.probability = 0.01, .whole_words = true}, 1);
  EXPECT_EQ(std::ranges::count(word.targets, ignored_target), 2) << "a long word all the same";
  const Masked nothing = masked(Text(0, 0), {}, 1);
  EXPECT_THAT(nothing.targets, Each(ignored_target));
}

TEST(Masking, WhatMakesNoSenseIsRefused) {
  const auto make = [](const MaskingOptions& options) {
    return [options] { Masking(*text::letters_tokenizer(), options); };
  };
  EXPECT_THAT(make({.probability = 0}), ThrowsMessage<UsageError>(HasSubstr("--mask-probability is 0")));
  EXPECT_THAT(make({.probability = 1.1}), ThrowsMessage<UsageError>(HasSubstr("--mask-probability is 1.1")));
  EXPECT_THAT(make({.mask_replace_probability = -1}),
              ThrowsMessage<UsageError>(HasSubstr("--mask-replace-probability is -1")));
  EXPECT_THAT(make({.random_replace_probability = 0.3}), ThrowsMessage<UsageError>(HasSubstr("more than 1")));
  EXPECT_NO_THROW(make({.mask_replace_probability = 0.9})());
}

}  // namespace
}  // namespace attune::tasks
