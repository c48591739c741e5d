// Labels of words for the tokens that a tokenizer makes of them, and back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attune/text/unicode/offsets.h"

namespace attune::tasks {

// The word that each token is of, from where both stand in a text: the first word that the token has a byte
// of; -1 for tokens without text and for those between words. Words are in order and do not overlap; so are
// tokens.
std::vector<std::int32_t> words_of_tokens(std::span<const text::Offsets> tokens,
                                          std::span<const text::Offsets> words);

// A target for each token: its word's label for the first token of a word, ignored_target for the others and
// for tokens of no word (-1). Devlin et al. (BERT, 2019), section 5.3; Hugging Face's run_ner.py. Throws
// Error for a word without a label.
std::vector<std::int64_t> token_targets(std::span<const std::int32_t> word_ids,
                                        std::span<const std::int64_t> labels);

// The prediction of each of `words` words: that of its first token; `missing` for words without a token,
// which truncation cut off or the tokenizer makes nothing of.
std::vector<std::int64_t> word_predictions(std::span<const std::int32_t> word_ids,
                                           std::span<const std::int64_t> token_predictions, std::size_t words,
                                           std::int64_t missing);

}  // namespace attune::tasks
