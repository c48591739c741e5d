#include "attune/tasks/tagging/word_labels.h"

#include <gmock/gmock.h>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Ids = std::vector<std::int32_t>;
using Labels = std::vector<std::int64_t>;
using Spans = std::vector<text::Offsets>;

TEST(WordLabelsTest, LabelsTheFirstTokenOfAWord) {
  // [CLS] Red ##ondo Beach . [SEP] [PAD]
  EXPECT_THAT(token_targets(Ids{-1, 0, 0, 1, 2, -1, -1}, Labels{5, 6, 7}),
              ElementsAre(-100, 5, -100, 6, 7, -100, -100));
  EXPECT_THAT(token_targets(Ids{-1, 0, 2}, Labels{5, 6, 7}),
              ElementsAre(-100, 5, 7));  // word 1 made no token
  EXPECT_THAT(token_targets({}, {}), IsEmpty());
  EXPECT_THROW(token_targets(Ids{0, 1}, Labels{5}), Error);
}

TEST(WordLabelsTest, GivesWordsTheirPredictions) {
  const Ids word_ids{-1, 0, 0, 1, 3, -1};
  EXPECT_THAT(word_predictions(word_ids, Labels{9, 1, 2, 3, 4, 9}, 5, 0), ElementsAre(1, 3, 0, 4, 0));
  EXPECT_THROW(word_predictions(word_ids, Labels{9, 1, 2, 3, 4, 9}, 3, 0), Error);
  EXPECT_THROW(word_predictions(word_ids, Labels{9, 1}, 5, 0), Error);
}

TEST(WordLabelsTest, FindsWordsByWhereTokensStand) {
  // "ab  cde f": tokens [CLS] "ab" " " " cd" "e" " f" [SEP]
  const Spans words{{0, 2}, {4, 7}, {8, 9}};
  EXPECT_THAT(words_of_tokens(Spans{{0, 0}, {0, 2}, {2, 3}, {3, 6}, {6, 7}, {7, 9}, {0, 0}}, words),
              ElementsAre(-1, 0, -1, 1, 1, 2, -1));
  EXPECT_THAT(words_of_tokens(Spans{{0, 9}, {9, 10}}, words), ElementsAre(0, -1));  // a token over all words
  EXPECT_THAT(words_of_tokens(Spans{{0, 2}}, {}), ElementsAre(-1));
}

}  // namespace
}  // namespace attune::tasks
