#include "attune/text/tokenizer_file.h"

#include <simdjson.h>

#include <algorithm>

#include "attune/base/error.h"

namespace attune::text {
namespace {

namespace dom = simdjson::dom;

// Runs `parse`, with simdjson's errors as ours.
template <typename Parse>
auto parsing(std::string_view json, Parse parse) {
  try {
    dom::parser parser;
    return parse(dom::object(parser.parse(json.data(), json.size())));
  } catch (const simdjson::simdjson_error& error) {
    fail("not valid JSON, or not as Hugging Face writes tokenizers: {}", error.what());
  }
}

VocabEntries read_vocab(dom::object object) {
  VocabEntries vocab;
  for (const auto [token, value] : object) {
    std::int64_t id = 0;
    check(value.get(id) == simdjson::SUCCESS, "token \"{}\" has id {}, expected an integer", token,
          simdjson::minify(value));
    vocab.emplace_back(token, id);
  }
  return vocab;
}

ScoredEntries read_scored(dom::array array) {
  ScoredEntries entries;
  entries.reserve(array.size());
  for (const dom::element entry : array) {
    dom::array pair;
    std::string_view token;
    double score = 0;
    const bool good = entry.get(pair) == simdjson::SUCCESS && pair.size() == 2 &&
                      pair.at(0).get(token) == simdjson::SUCCESS &&
                      pair.at(1).get(score) == simdjson::SUCCESS;
    check(good, "token {} of the vocabulary is {}, expected [TOKEN, SCORE]", entries.size(),
          simdjson::minify(entry));
    entries.emplace_back(token, score);
  }
  return entries;
}

std::pair<std::string, std::string> split_merge(std::string_view line, std::size_t number) {
  const std::size_t space = line.find(' ');
  check(space != std::string_view::npos, "merge {} is \"{}\", expected two tokens with a space between",
        number, line);
  return {std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

MergeEntries read_merges(dom::array array) {
  MergeEntries merges;
  for (const dom::element merge : array) {
    if (std::string_view line; merge.get(line) == simdjson::SUCCESS) {
      merges.push_back(split_merge(line, merges.size() + 1));
    } else {
      merges.emplace_back(std::string_view(merge.at(0)), std::string_view(merge.at(1)));
    }
  }
  return merges;
}

void append_field(std::string& json, std::string_view key, std::string_view value) {
  json += fmt::format("{}\"{}\":{}", json.size() > 1 ? "," : "", key, value);
}

// The model without its two large fields; those go to `file`.
std::string take_model(dom::object model, TokenizerFile& file) {
  std::string rest(1, '{');
  for (const auto [key, value] : model) {
    if (key == "vocab" && value.is_object()) {
      file.vocab = read_vocab(value);
    } else if (key == "vocab" && value.is_array()) {
      file.scored = read_scored(value);
    } else if (key == "merges" && value.is_array()) {
      file.merges = read_merges(value);
      append_field(rest, key, "[]");
    } else {
      append_field(rest, key, simdjson::minify(value));
    }
  }
  rest.push_back('}');
  return rest;
}

}  // namespace

TokenizerFile parse_tokenizer_file(std::string_view json) {
  return parsing(json, [](dom::object object) {
    TokenizerFile file;
    file.rest.push_back('{');
    for (const auto [key, value] : object) {
      const bool is_model = key == "model" && value.is_object();
      append_field(file.rest, key, is_model ? take_model(value, file) : simdjson::minify(value));
    }
    file.rest.push_back('}');
    return file;
  });
}

VocabEntries parse_vocab_file(std::string_view json) { return parsing(json, read_vocab); }

MergeEntries parse_merges_file(std::string_view lines) {
  MergeEntries merges;
  while (!lines.empty()) {
    std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("#version")) continue;
    merges.push_back(split_merge(line, merges.size() + 1));
  }
  return merges;
}

}  // namespace attune::text
