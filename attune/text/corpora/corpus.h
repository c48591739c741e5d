// A training text as tokens: tokenised once into a file that is mapped afterwards, so that a text far larger
// than memory trains, and a second run starts at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "attune/text/corpora/text_reader.h"
#include "attune/text/corpora/token_cache.h"
#include "attune/text/tokenizer.h"

namespace attune::text {

class TokenCorpus {
 public:
  // Number of tokens.
  std::int64_t size() const { return end_ - begin_; }

  // Tokens [begin, begin + count), or those copied to `ids`. Throws Error when they are not all in the
  // corpus.
  std::vector<std::int32_t> tokens(std::int64_t begin, std::int64_t count) const;
  template <typename Id>  // std::int32_t or std::int64_t
  void read(std::int64_t begin, std::span<Id> ids) const;

  // Bytes of text that the tokens stand for, as bits per byte need them; special tokens, such as the end of a
  // document, are no text. Goes through all tokens.
  std::int64_t bytes() const;

  // Positions at which documents begin, ascending.
  std::vector<std::int64_t> documents() const;

  // The corpus without its last part, and that part: `fraction` of the tokens, rounded up, as nanoGPT takes
  // its validation set. Throws UsageError unless 0 < fraction < 1, Error when a part would be empty.
  std::pair<TokenCorpus, TokenCorpus> split(double fraction) const;

 private:
  friend TokenCorpus open_corpus(const TextFiles&, const Tokenizer&, const std::filesystem::path&,
                                 const std::function<void(std::uint64_t, std::uint64_t)>&);
  TokenCorpus(TokenCache cache, std::shared_ptr<const std::vector<std::uint32_t>> token_bytes)
      : cache_(std::move(cache)), token_bytes_(std::move(token_bytes)), end_(cache_.size()) {}

  TokenCache cache_;
  std::shared_ptr<const std::vector<std::uint32_t>> token_bytes_;  // By id.
  std::int64_t begin_ = 0, end_;
};

// Called with the bytes of text that are done and those in all.
using CorpusProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// The files as tokens. Uses the file at `cache` if it was made from these files (by path, size and time of
// change), this separator and this tokenizer; otherwise makes it, on all threads, in memory of a few MiB a
// thread and 8 bytes a document. Between documents stands the tokenizer's end of text, if it has one.
//
// Throws Error for files that are missing, empty or unreadable, for text that the tokenizer cannot encode
// (with file, line and offset), and when the cache cannot be written; then there is none.
TokenCorpus open_corpus(const TextFiles& files, const Tokenizer& tokenizer,
                        const std::filesystem::path& cache, const CorpusProgress& progress = {});

}  // namespace attune::text
