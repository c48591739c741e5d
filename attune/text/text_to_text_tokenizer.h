// The tokenizer of a text-to-text model, as T5's (Raffel et al., 1910.10683, section 2.2): </s> ends every
// text, <pad> fills up short ones, and <extra_id_0>, <extra_id_1>, ... stand in the place of what is left
// out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attune/text/tokenizer.h"

namespace attune::text {

inline constexpr int kT5Sentinels = 100;

// The tokenizer with what T5's has and it lacks: an end, padding, and sentinels, behind its own tokens. Texts
// end with its end of text, and with nothing else that it adds.
std::unique_ptr<Tokenizer> complete_text_to_text(const Tokenizer& tokenizer, int sentinels = kT5Sentinels);

// The ids of <extra_id_0>, <extra_id_1>, ... as far as the tokenizer has them.
std::vector<std::int32_t> sentinel_ids(const Tokenizer& tokenizer);

// Texts to learn from, one after the other; false at the end.
using NextLearnedText = std::function<bool(std::string& text)>;

// What --tokenizer asks for, completed. `choice` is one of
//   bpe:SIZE      byte-level BPE of SIZE ids, </s>, <unk> and <pad> among them, learned from the texts; the
//                 sentinels come on top
//   DIR or FILE   the tokenizer of a model directory, or a tokenizer.json or spiece.model
// Throws UsageError for anything else.
std::unique_ptr<Tokenizer> choose_text_to_text_tokenizer(const std::string& choice,
                                                         const NextLearnedText& next);

}  // namespace attune::text
