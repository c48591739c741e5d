// What runs that fine-tune text models share: lengths, the weight of the language-model loss.
#pragma once

#include <cstdint>

#include "attune/models/text/family.h"
#include "attune/text/tokenizer.h"

namespace attune::command {

// The most tokens of an input, --max-length or as many as the model takes. Throws UsageError for a number
// that leaves no token of the texts.
std::int64_t input_length(std::int64_t max_length, bool pairs, const text::Tokenizer& tokenizer,
                          const models::TextFacts& facts);

// --lm-weight, or, where `wanted` is below zero, the family's own: 0.5 for GPT and GPT-2 (Radford et al.,
// 2018, section 4.1), 0 for those that read both ways. Throws UsageError for a weight of theirs.
double lm_weight_of(double wanted, const models::TextFacts& facts);

}  // namespace attune::command
