// The words of a text, for models that label words.
#pragma once

#include <string_view>
#include <vector>

#include "attune/text/unicode/offsets.h"

namespace attune::text {

// Where the words of a text stand, which must be valid UTF-8, as BERT divides it before it looks at its
// vocabulary (Devlin et al. 2019, BasicTokenizer in tokenization.py): words between white space, and every
// punctuation mark and Chinese character by itself. Whatever a model's own tokenizer does comes after it.
std::vector<Offsets> find_words(std::string_view text);

}  // namespace attune::text
