// The inputs of GPT's fine-tuning (Radford et al., 2018, section 3.3): what a model and its tokenizer need
// for them.
#pragma once

#include <memory>

#include "attune/models/text/family.h"
#include "attune/text/tokenizer.h"

namespace attune::tasks {

struct FamilyAndTokenizer {
  std::shared_ptr<const models::TextFamily> family;
  std::unique_ptr<text::Tokenizer> tokenizer;
};

// Of a family that reads from left to right: the family with the paper's input format, or its own where it
// has one, and the tokenizer with the start, delimiter and extract tokens, which it may have already. The
// padding is that of the configuration or of the tokenizer, else the token that ends a text, else the start
// token: whatever it is, the extract token is the last that is not padding. Of other families: both as they
// are. Throws Error for a tokenizer with more tokens than the model, and for a symmetric format of a family
// that reads both ways.
FamilyAndTokenizer with_gpt_inputs(FamilyAndTokenizer model, bool symmetric);

}  // namespace attune::tasks
