// Parallel text: sentences and their translations, line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attune/text/corpora/line_reader.h"
#include "attune/text/translation_tokenizer.h"

namespace attune::text {

struct SentencePair {
  std::string source, target;
};

class ParallelReader {
 public:
  // Two files, source and target, whose lines correspond; or one with a tab between source and target in
  // every line. Plain, or compressed by gzip. Throws UsageError for any other number of files, and Error for
  // those that cannot be opened.
  explicit ParallelReader(const std::vector<std::filesystem::path>& paths);

  // The next pair; false at the end. Throws Error for files of different length (naming both), for a line
  // without exactly one tab where there is one file, and for invalid UTF-8, naming file and line.
  bool next(SentencePair& pair);

  // The number of the last pair's line, from 1.
  std::int64_t line() const { return source_.line(); }
  const std::filesystem::path& path() const { return source_.path(); }

 private:
  bool next_of_two(SentencePair& pair);
  bool next_of_columns(SentencePair& pair);

  LineReader source_;
  std::optional<LineReader> target_;  // none: both in one file
};

// Sequences of tokens, end to end in memory: 2 bytes a token for vocabularies of up to 65,536, else 4.
class TokenSequences {
 public:
  explicit TokenSequences(std::int64_t vocab_size) : wide_tokens_(vocab_size > (1 << 16)) {}

  void append(std::span<const std::int32_t> ids);
  std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
  std::int64_t tokens() const { return ends_.empty() ? 0 : static_cast<std::int64_t>(ends_.back()); }
  std::int64_t length(std::int64_t index) const;
  // Copies a sequence to the beginning of `ids`.
  void read(std::int64_t index, std::span<std::int64_t> ids) const;

 private:
  std::uint64_t begin_of(std::int64_t index) const {
    return index == 0 ? 0 : ends_[static_cast<std::size_t>(index - 1)];
  }

  bool wide_tokens_;
  std::vector<std::uint16_t> narrow_;  // one of the two is in use
  std::vector<std::uint32_t> wide_;
  std::vector<std::uint64_t> ends_;  // where each sequence ends
};

// Pairs as tokens, each side with its end of text.
struct ParallelCorpus {
  explicit ParallelCorpus(std::int64_t vocab_size) : source(vocab_size), target(vocab_size) {}

  std::int64_t size() const { return source.size(); }

  TokenSequences source, target;
  // Pairs that were left out: a side is empty (nothing but white space), or has more tokens than the model
  // takes. Cutting them would teach the model that a part is the whole.
  std::int64_t empty = 0, too_long = 0;
};

// The most tokens of a side, its end of text among them.
struct ParallelLimits {
  std::int64_t source, target;
};

// Reads and tokenises all pairs, on all threads. Throws Error as the reader does, for text that the tokenizer
// cannot encode (with file and line), and when no pair is left.
ParallelCorpus read_parallel_corpus(const std::vector<std::filesystem::path>& paths,
                                    const TranslationTokenizer& tokenizer, const ParallelLimits& limits);

// "left out: 3 with an empty side and 1 longer than the model takes"; empty when there is nothing to say.
std::string left_out(const ParallelCorpus& corpus);

}  // namespace attune::text
