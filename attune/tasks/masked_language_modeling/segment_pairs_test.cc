#include "attune/tasks/masked_language_modeling/segment_pairs.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "attune/text/corpora/test_corpus.h"

namespace attune::tasks {
namespace {

using Range = text::CorpusRange;

class SegmentPairs : public ::testing::Test {
 protected:
  io::TestDirectory directory_;
  // Sentences of 2, 3, 1 | 2, 2, 2 | 4 tokens.
  text::SentenceCorpus corpus_ = text::corpus_of("aa\nbbb\nc\n\ndd\nee\nff\n\ng hh i\n", directory_);

  SegmentPair draw(const Range& chunk, std::int64_t room, PairObjective objective, std::uint64_t seed) const {
    Generator generator{.seed = seed};
    return draw_segment_pair(corpus_, chunk, room, objective, generator);
  }
};

TEST_F(SegmentPairs, HalfOfTheSecondSegmentsAreOfAnotherDocument) {
  const Range chunk{0, 6};
  int elsewhere = 0;
  std::map<std::int64_t, int> divisions, starts;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const SegmentPair pair = draw(chunk, 7, PairObjective::next_sentence, seed);
    EXPECT_EQ(pair.first.begin, 0);
    ++divisions[pair.first.end];
    if (pair.label == 0) {
      EXPECT_EQ(pair.second, (Range{pair.first.end, 6}));
      continue;
    }
    ++elsewhere;
    ++starts[pair.second.begin];
    EXPECT_GE(pair.second.begin, 6) << "another document";
    EXPECT_LE(pair.first.size() + pair.second.size(), 7);
    EXPECT_EQ(corpus_.document_of(corpus_.sentence_of(pair.second.begin)),
              corpus_.document_of(corpus_.sentence_of(pair.second.end - 1)));
  }
  EXPECT_NEAR(elsewhere, 1000, 100);
  EXPECT_EQ(divisions.size(), 2u) << "between sentences only";
  EXPECT_NEAR(divisions[2], 1000, 100);
  EXPECT_NEAR(divisions[5], 1000, 100);
  EXPECT_EQ(starts.size(), 4u) << "any sentence of the other documents";
  for (const auto& [start, count] : starts) EXPECT_NEAR(count, elsewhere / 4.0, 70) << start;
}

TEST_F(SegmentPairs, ASegmentFromElsewhereHasWholeSentencesThatFit) {
  std::set<std::int64_t> ends;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const SegmentPair pair = draw({12, 16}, 6, PairObjective::next_sentence, seed);
    if (pair.label == 1 && pair.second.begin == 6 && pair.first.size() == 1) ends.insert(pair.second.end);
  }
  EXPECT_EQ(ends, (std::set<std::int64_t>{10})) << "two sentences of the three";
}

TEST_F(SegmentPairs, HalfOfThePairsChangePlaces) {
  int exchanged = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const SegmentPair pair = draw({6, 12}, 6, PairObjective::sentence_order, seed);
    const bool in_order = pair.first.end == pair.second.begin;
    EXPECT_EQ(pair.label, in_order ? 0 : 1);
    if (!in_order) {
      EXPECT_EQ(pair.second.end, pair.first.begin);
    }
    EXPECT_EQ(pair.first.size() + pair.second.size(), 6);
    exchanged += in_order ? 0 : 1;
  }
  EXPECT_NEAR(exchanged, 1000, 100);
}

TEST_F(SegmentPairs, ASentenceAloneIsDividedBetweenWords) {
  std::set<std::int64_t> divisions;
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    divisions.insert(draw({12, 16}, 4, PairObjective::sentence_order, seed).label == 0
                         ? draw({12, 16}, 4, PairObjective::sentence_order, seed).first.end
                         : draw({12, 16}, 4, PairObjective::sentence_order, seed).second.end);
  EXPECT_EQ(divisions, (std::set<std::int64_t>{13, 15}));
  EXPECT_EQ(draw({0, 2}, 4, PairObjective::sentence_order, 1).first.size(), 1) << "a word of two tokens";
}

}  // namespace
}  // namespace attune::tasks
