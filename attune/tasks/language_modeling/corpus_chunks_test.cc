#include "attune/tasks/language_modeling/corpus_chunks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/text/corpora/test_corpus.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using Range = text::CorpusRange;

class CorpusChunks : public ::testing::Test {
 protected:
  io::TestDirectory directory_;
  // Sentences of 2, 3, 1 | 2, 7 | 1 tokens.
  text::SentenceCorpus corpus_ = text::corpus_of("aa\nbbb\nc\n\ndd\neeeeeee\n\nf\n", directory_);
};

TEST_F(CorpusChunks, SentencesArePackedOverDocuments) {
  EXPECT_THAT(pack_sentences(corpus_, 5), ElementsAre(Range{0, 5}, Range{5, 8}, Range{8, 13}, Range{13, 16}))
      << "c and dd, and what is left of the long sentence and f, with a token between them";
  EXPECT_THAT(pack_sentences(corpus_, 100), ElementsAre(Range{0, 16}));
}

TEST_F(CorpusChunks, TheTokenBetweenDocumentsTakesRoom) {
  EXPECT_THAT(pack_sentences(corpus_, 9), ElementsAre(Range{0, 8}, Range{8, 16})) << "6 + 1 + 2, 7 + 1 + 1";
  EXPECT_THAT(pack_sentences(corpus_, 8), ElementsAre(Range{0, 6}, Range{6, 8}, Range{8, 15}, Range{15, 16}));
}

TEST_F(CorpusChunks, SentencesAlone) {
  EXPECT_THAT(single_sentences(corpus_, 6), ElementsAre(Range{0, 2}, Range{2, 5}, Range{5, 6}, Range{6, 8},
                                                        Range{8, 14}, Range{14, 15}, Range{15, 16}));
}

TEST_F(CorpusChunks, DocumentsArePackedEachForItself) {
  EXPECT_THAT(pack_documents(corpus_, 100), ElementsAre(Range{0, 6}, Range{6, 15}, Range{15, 16}));
  EXPECT_THAT(pack_documents(corpus_, 5),
              ElementsAre(Range{0, 5}, Range{5, 6}, Range{6, 8}, Range{8, 13}, Range{13, 15}, Range{15, 16}));
}

TEST_F(CorpusChunks, CouplesOfSentences) {
  EXPECT_THAT(sentence_couples(corpus_, 100),
              ElementsAre(Range{0, 5}, Range{5, 6}, Range{6, 15}, Range{15, 16}));
}

}  // namespace
}  // namespace attune::tasks
