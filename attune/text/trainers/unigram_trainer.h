// Learns the vocabulary of a unigram language model of subwords (Kudo 2018, 1804.10959, section 3.2) as
// Hugging Face's UnigramTrainer does: from many substrings, expectation maximisation (two rounds at a time,
// with digamma as a sparse prior) and the removal of the quarter of pieces whose loss costs the likelihood
// least, again and again, until a tenth more than asked for are left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/text/tokenizer.h"
#include "attune/text/trainers/substrings.h"

namespace attune::text {

class UnigramTrainer {
 public:
  struct Options {
    std::int64_t vocab_size;  // Ids in all: special tokens first, then pieces. A small text gives fewer.
    double shrinking_factor = 0.75;        // Of the pieces, so many stay at a time.
    int sub_iterations = 2;                // Rounds of expectation maximisation in between.
    std::size_t max_piece_length = 16;     // In characters.
    std::size_t seed_size = 1'000'000;     // Substrings to begin with, at most.
    std::u32string initial_alphabet = {};  // Characters that are pieces whether the text has them or not.
  };
  // Throws UsageError for values that make no vocabulary.
  explicit UnigramTrainer(Options options);

  // Counts the words of a text: what stands between blanks, NFKC, each with "▁" before it.
  void add(std::string_view text);

  // The pieces with their scores, best first. Throws Error when no text was added and UsageError when the
  // vocabulary has no room for every character.
  ScoredEntries learn() const;

  // XLM-R's tokenizer with that vocabulary: <s> <pad> </s> <unk> <mask>, and <s> TEXT </s>.
  std::unique_ptr<Tokenizer> train() const;

 private:
  WordCounts words() const;

  Options options_;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
  };
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> chunks_;  // Between blanks.
};

}  // namespace attune::text
