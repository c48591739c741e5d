// A tokenizer that reads every text in lower case.
#pragma once

#include <memory>

#include "attune/text/tokenizer.h"

namespace attune::text {

// The same tokenizer, with Lowercase before its normalizer: what sentence-transformers' "do_lower_case" asks
// for. Added tokens that are found in text as it is stay as they are.
std::unique_ptr<Tokenizer> lowercasing(const Tokenizer& tokenizer);

}  // namespace attune::text
