// From the files of a tokenizer to the tokenizer, and its configuration; load_tokenizer() finds and opens
// them.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "attune/text/tokenizer.h"
#include "attune/text/tokenizer_file.h"

namespace attune::text {

// tokenizer.json, with tokenizer_config.json (or null) for the special tokens. Throws Error for what is wrong
// or not supported; it does not name the file.
std::unique_ptr<Tokenizer> make_tokenizer(const TokenizerFile& file, const nlohmann::json& config);

// Tokens by id, of {token: id}. Throws Error for an id that two tokens have or that leaves too many holes.
std::vector<std::string> tokens_by_id(const VocabEntries& vocab);

// The special tokens that tokenizer_config.json names. Where it says nothing of one, the usual names are
// looked for among the added tokens.
SpecialTokens read_special_tokens(const nlohmann::json& config, const AddedTokens& added,
                                  const Vocabulary& vocabulary);

// tokenizer_config.json.
nlohmann::ordered_json tokenizer_config(const Tokenizer& tokenizer, std::int64_t model_max_length);

}  // namespace attune::text
