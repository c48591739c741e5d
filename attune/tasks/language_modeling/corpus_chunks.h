// A corpus cut into what examples are made of.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/text/corpora/sentence_corpus.h"

namespace attune::tasks {

// Tokens of consecutive sentences. Chunks stand in the order of the corpus and have all of it, each token
// once.
using Chunks = std::vector<text::CorpusRange>;

// As many whole sentences as fit into `room` tokens, also of several documents, with one token more between
// two of them (FULL-SENTENCES of RoBERTa, 1907.11692, section 4.2). A sentence that is longer than the room
// is cut.
Chunks pack_sentences(const text::SentenceCorpus& corpus, std::int64_t room);

// A sentence each; a longer one than the room is cut.
Chunks single_sentences(const text::SentenceCorpus& corpus, std::int64_t room);

// As pack_sentences(), within a document: what is divided into a pair of segments (SEGMENT-PAIR of the same
// section, as BERT has it).
Chunks pack_documents(const text::SentenceCorpus& corpus, std::int64_t room);

// Two neighbouring sentences of a document each, the last of an odd number alone (SENTENCE-PAIR).
Chunks sentence_couples(const text::SentenceCorpus& corpus, std::int64_t room);

}  // namespace attune::tasks
