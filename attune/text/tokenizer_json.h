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

// GPT-2's older pair, vocab.json and merges.txt, with tokenizer_config.json or null.
std::unique_ptr<Tokenizer> make_tokenizer(const VocabEntries& vocab, const MergeEntries& merges,
                                          const nlohmann::json& config);

// tokenizer_config.json.
nlohmann::ordered_json tokenizer_config(const Tokenizer& tokenizer, std::int64_t model_max_length);

}  // namespace attune::text
