// A training text as tokens of sentences and documents, as the pre-training of encoders takes them: a line is
// a sentence, and blank lines divide documents. Tokenised once into a file that is mapped afterwards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "attune/text/corpora/token_cache.h"
#include "attune/text/tokenizer.h"

namespace attune::text {

// Positions [begin, end), of tokens or of sentences.
struct CorpusRange {
  std::int64_t begin = 0, end = 0;

  std::int64_t size() const { return end - begin; }
  bool operator==(const CorpusRange&) const = default;
};

struct CorpusToken {
  std::int32_t id;
  bool begins_word;  // true of every token where words were not asked for
};

class SentenceCorpus {
 public:
  std::int64_t tokens() const { return cache_.size(); }
  std::int64_t sentences() const { return static_cast<std::int64_t>(sentences_.size()) - 1; }
  std::int64_t documents() const { return static_cast<std::int64_t>(documents_.size()) - 1; }

  // Tokens of a sentence; sentences of a document. None is empty.
  CorpusRange sentence(std::int64_t index) const;
  CorpusRange document(std::int64_t index) const;
  // The sentence that a token is of, the document that a sentence is of.
  std::int64_t sentence_of(std::int64_t token) const;
  std::int64_t document_of(std::int64_t sentence) const;
  // Whether the token is the first of a document.
  bool begins_document(std::int64_t token) const;

  // The tokens of a range. Throws Error for positions that are not there.
  std::vector<CorpusToken> read(const CorpusRange& range) const;

 private:
  friend SentenceCorpus open_sentence_corpus(const std::vector<std::filesystem::path>&, const Tokenizer&,
                                             bool, const std::filesystem::path&,
                                             const std::function<void(std::uint64_t)>&);
  explicit SentenceCorpus(TokenCache cache);

  TokenCache cache_;
  std::vector<std::int64_t> sentences_;  // the first token of each, and the number of tokens
  std::vector<std::int64_t> documents_;  // the first sentence of each, and the number of sentences
};

// Called with the bytes of text that are done.
using SentenceProgress = std::function<void(std::uint64_t done)>;

// The files, plain or .gz, one after the other; a file ends a document. `words`: whether it is to be known
// where words begin, which are the pieces that the pre-tokenizer makes. White space around a line is no text.
// Uses the file at `cache` if it was made from these files (by path, size and time of change) in this way;
// otherwise makes it, on all threads.
//
// Throws Error for files that are missing or unreadable or hold no text, for text that the tokenizer cannot
// encode (with file and line), and when the cache cannot be written.
SentenceCorpus open_sentence_corpus(const std::vector<std::filesystem::path>& files,
                                    const Tokenizer& tokenizer, bool words,
                                    const std::filesystem::path& cache,
                                    const SentenceProgress& progress = {});

}  // namespace attune::text
