// Two segments of text, and whether the second belongs after the first.
#pragma once

#include <cstdint>
#include <string_view>

#include "attune/tensor/random.h"
#include "attune/text/corpora/sentence_corpus.h"

namespace attune::tasks {

enum class PairObjective {
  none,            // RoBERTa
  next_sentence,   // BERT (1810.04805, section 3.1): half of the second segments are of another document
  sentence_order,  // ALBERT (1909.11942, section 3.1): half of the pairs change places
};

struct SegmentPair {
  text::CorpusRange first, second;
  std::int64_t label;  // 0: as in the text; 1: not
};

// A chunk of at least two tokens is divided between two of its sentences, at random; one of a single sentence
// between two of its words. Then with a probability of one half, next_sentence puts other sentences in the
// place of the second segment: from anywhere in another document on, as many as fit into the `room` that both
// segments have. sentence_order exchanges the two.
SegmentPair draw_segment_pair(const text::SentenceCorpus& corpus, const text::CorpusRange& chunk,
                              std::int64_t room, PairObjective objective, Generator& generator);

}  // namespace attune::tasks
