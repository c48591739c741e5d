// The files of a tokenizer as JSON values; load_tokenizer() finds and opens them.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "attune/text/tokenizer.h"

namespace attune::text {

// tokenizer.json, with tokenizer_config.json (or null) for the special tokens. Throws Error for what is wrong
// or not supported; it does not name the file.
std::unique_ptr<Tokenizer> tokenizer_from_json(const nlohmann::json& tokenizer, const nlohmann::json& config);

// GPT-2's older pair: vocab.json and the text of merges.txt, with tokenizer_config.json or null.
std::unique_ptr<Tokenizer> tokenizer_from_merges(const nlohmann::json& vocab, std::string_view merges,
                                                 const nlohmann::json& config);

// tokenizer_config.json.
nlohmann::ordered_json tokenizer_config(const Tokenizer& tokenizer, std::int64_t model_max_length);

}  // namespace attune::text
