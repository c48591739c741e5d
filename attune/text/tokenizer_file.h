// The large files of a tokenizer, taken apart by simdjson: with a JSON library that builds a tree, reading
// GPT-2's 50,000 tokens and merges would take longer than loading the model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::text {

using VocabEntries = std::vector<std::pair<std::string, std::int64_t>>;  // Token as written, id.
using ScoredEntries = std::vector<std::pair<std::string, double>>;       // Token, score; ids are positions.
using MergeEntries = std::vector<std::pair<std::string, std::string>>;   // Left and right token as written.

struct TokenizerFile {
  VocabEntries vocab;    // "model"."vocab" where it is an object,
  ScoredEntries scored;  // and where it is an array: Unigram's.
  MergeEntries merges;   // "model"."merges": ["LEFT", "RIGHT"], or "LEFT RIGHT" in files of before 2024.
  std::string rest;      // The JSON without these.
};

// Throw Error for what is not such JSON; they do not name the file.
TokenizerFile parse_tokenizer_file(std::string_view json);
VocabEntries parse_vocab_file(std::string_view json);    // vocab.json
MergeEntries parse_merges_file(std::string_view lines);  // merges.txt

}  // namespace attune::text
