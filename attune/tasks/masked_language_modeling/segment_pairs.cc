#include "attune/tasks/masked_language_modeling/segment_pairs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

using text::CorpusRange;

std::int64_t draw(std::int64_t count, Generator& generator) {
  return static_cast<std::int64_t>(uniform_integer(generator, static_cast<std::uint64_t>(count)));
}

// Where the second word, or token where words are not known, and the later ones begin.
std::vector<std::int64_t> word_starts(const text::SentenceCorpus& corpus, const CorpusRange& chunk) {
  const auto tokens = corpus.read(chunk);
  std::vector<std::int64_t> starts;
  for (std::int64_t i = 1; i < chunk.size(); ++i) {
    if (tokens[static_cast<std::size_t>(i)].begins_word) starts.push_back(chunk.begin + i);
  }
  return starts;
}

std::int64_t draw_division(const text::SentenceCorpus& corpus, const CorpusRange& chunk,
                           Generator& generator) {
  const std::int64_t first = corpus.sentence_of(chunk.begin), last = corpus.sentence_of(chunk.end - 1);
  if (first < last) return corpus.sentence(first + 1 + draw(last - first, generator)).begin;
  const auto starts = word_starts(corpus, chunk);
  if (starts.empty()) return chunk.begin + 1 + draw(chunk.size() - 1, generator);  // one long word
  return starts[static_cast<std::size_t>(draw(static_cast<std::int64_t>(starts.size()), generator))];
}

CorpusRange draw_elsewhere(const text::SentenceCorpus& corpus, const CorpusRange& chunk, std::int64_t room,
                           Generator& generator) {
  const CorpusRange here = corpus.document(corpus.document_of(corpus.sentence_of(chunk.begin)));
  std::int64_t sentence = draw(corpus.sentences() - here.size(), generator);
  if (sentence >= here.begin) sentence += here.size();
  const CorpusRange there = corpus.document(corpus.document_of(sentence));
  CorpusRange found = corpus.sentence(sentence);
  while (++sentence < there.end && corpus.sentence(sentence).end - found.begin <= room)
    found.end = corpus.sentence(sentence).end;
  found.end = std::min(found.end, found.begin + room);
  return found;
}

}  // namespace

SegmentPair draw_segment_pair(const text::SentenceCorpus& corpus, const CorpusRange& chunk, std::int64_t room,
                              PairObjective objective, Generator& generator) {
  check(chunk.size() > 1, "a chunk of {} tokens cannot be divided", chunk.size());
  const std::int64_t division = draw_division(corpus, chunk, generator);
  SegmentPair pair{{chunk.begin, division}, {division, chunk.end}, draw(2, generator)};
  if (pair.label == 0) return pair;
  if (objective == PairObjective::sentence_order) {
    std::swap(pair.first, pair.second);
  } else {
    pair.second = draw_elsewhere(corpus, chunk, room - pair.first.size(), generator);
  }
  return pair;
}

}  // namespace attune::tasks
