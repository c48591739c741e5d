#include "attune/tasks/language_modeling/corpus_chunks.h"

#include <algorithm>

namespace attune::tasks {
namespace {

using text::CorpusRange;

// Calls visit(sentence, begins_document) for every sentence, longer ones than the room cut to pieces of it.
template <typename Visit>
void for_each_piece(const text::SentenceCorpus& corpus, std::int64_t room, Visit visit) {
  for (std::int64_t document = 0; document < corpus.documents(); ++document) {
    const CorpusRange sentences = corpus.document(document);
    for (std::int64_t i = sentences.begin; i < sentences.end; ++i) {
      const CorpusRange sentence = corpus.sentence(i);
      for (std::int64_t begin = sentence.begin; begin < sentence.end; begin += room)
        visit(CorpusRange{begin, std::min(begin + room, sentence.end)},
              i == sentences.begin && begin == sentence.begin);
    }
  }
}

// Pieces are joined while joins(chunk, how many there are in it, piece, begins_document) says so.
template <typename Joins>
Chunks join_pieces(const text::SentenceCorpus& corpus, std::int64_t room, Joins joins) {
  Chunks chunks;
  for_each_piece(corpus, room, [&](const CorpusRange& piece, bool begins_document) {
    if (!chunks.empty() && joins(chunks.back(), piece, begins_document)) {
      chunks.back().end = piece.end;
    } else {
      chunks.push_back(piece);
    }
  });
  return chunks;
}

}  // namespace

Chunks pack_sentences(const text::SentenceCorpus& corpus, std::int64_t room) {
  std::int64_t separators = 0;  // of the chunk
  return join_pieces(
      corpus, room, [&](const CorpusRange& chunk, const CorpusRange& piece, bool new_document) {
        const std::int64_t needed = chunk.size() + piece.size() + separators + (new_document ? 1 : 0);
        const bool fits = needed <= room;
        separators = fits ? separators + (new_document ? 1 : 0) : 0;
        return fits;
      });
}

Chunks single_sentences(const text::SentenceCorpus& corpus, std::int64_t room) {
  return join_pieces(corpus, room, [](const CorpusRange&, const CorpusRange&, bool) { return false; });
}

Chunks pack_documents(const text::SentenceCorpus& corpus, std::int64_t room) {
  return join_pieces(corpus, room,
                     [&](const CorpusRange& chunk, const CorpusRange& piece, bool new_document) {
                       return !new_document && chunk.size() + piece.size() <= room;
                     });
}

Chunks sentence_couples(const text::SentenceCorpus& corpus, std::int64_t room) {
  bool is_couple = false;
  return join_pieces(corpus, room,
                     [&](const CorpusRange& chunk, const CorpusRange& piece, bool new_document) {
                       is_couple = !is_couple && !new_document && chunk.size() + piece.size() <= room;
                       return is_couple;
                     });
}

}  // namespace attune::tasks
