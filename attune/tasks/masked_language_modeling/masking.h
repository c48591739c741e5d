// Which tokens of a text a masked language model has to predict, and what it sees in their place (Devlin et
// al., 1810.04805, section 3.1 and appendix A.1).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attune/tensor/random.h"
#include "attune/text/tokenizer.h"

namespace attune::tasks {

struct MaskingOptions {
  double probability = 0.15;  // the share of tokens to predict
  // Of these, the shares that become the mask token and a random token; the others stay as they are.
  double mask_replace_probability = 0.8, random_replace_probability = 0.1;
  bool whole_words = false;  // all tokens of a word or none (BERT's later release)

  // Throws UsageError naming the flag.
  void validate() const;
};

// Tokens that are masked together: [begin, end).
struct MaskingUnit {
  std::int32_t begin, end;
};

class Masking {
 public:
  // Throws Error for a tokenizer without a mask token.
  Masking(const text::Tokenizer& tokenizer, const MaskingOptions& options);

  // The parts of a text that may be masked: every token but special ones, or with whole words, every word
  // without special tokens. `begins_word` has a value a token.
  std::vector<MaskingUnit> units(std::span<const std::int32_t> ids,
                                 std::span<const std::uint8_t> begins_word) const;

  // Draws units until they have the share of all their tokens, rounded up or down at random so that it is
  // met on average, at least one; with whole words, those that would go beyond it are passed over. Replaces
  // their tokens in `ids`; what stood there is the target. A target a token, -100 for those that are not
  // predicted.
  std::vector<std::int64_t> mask(std::span<std::int32_t> ids, std::vector<MaskingUnit> units,
                                 Generator& generator) const;

 private:
  std::int32_t replacement(std::int32_t id, Generator& generator) const;

  MaskingOptions options_;
  std::int32_t mask_token_ = 0;
  std::vector<bool> special_;           // by id
  std::vector<std::int32_t> ordinary_;  // the ids that are not special: what a random token is drawn from
};

}  // namespace attune::tasks
