// The pieces that a unigram vocabulary starts from: all characters, and the substrings of words that occur
// more than once (Kudo 2018, 1804.10959, section 3.2, by the enhanced suffix array).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "attune/text/tokenizer_file.h"

namespace attune::text {

using WordCounts = std::vector<std::pair<std::string, std::int64_t>>;  // Distinct, valid UTF-8.

// As Hugging Face's UnigramTrainer finds them: characters by how often they occur; then the substrings of 2
// to `max_length` characters that are followed by different ones in different words (inner nodes of the
// suffix tree), by their length times the places where they stand in the list of words, however often each
// word occurs. At most `most` in all, but all characters. Scores are logarithms of shares.
ScoredEntries seed_pieces(const WordCounts& words, std::size_t max_length, std::size_t most);

}  // namespace attune::text
