#include "attune/text/models/wordpiece.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "attune/text/component_json.h"

namespace attune::text {
namespace {

// The tokens that begin with the prefix, without it.
PieceTrie make_trie(const Vocabulary& vocabulary, std::string_view prefix) {
  std::vector<std::pair<std::string_view, std::int32_t>> entries;
  entries.reserve(static_cast<std::size_t>(vocabulary.size()));
  for (std::int32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary.token(id);
    const bool counts =
        token.starts_with(prefix) && token.size() > prefix.size() && vocabulary.find(token) == id;
    if (counts) entries.emplace_back(token.substr(prefix.size()), id);
  }
  return PieceTrie(std::move(entries));
}

}  // namespace

WordPiece::WordPiece(std::shared_ptr<const Vocabulary> vocabulary, Options options)
    : vocabulary_(std::move(vocabulary)),
      options_(std::move(options)),
      first_(make_trie(*vocabulary_, "")),
      continuing_(make_trie(*vocabulary_, options_.continuing_subword_prefix)) {
  const auto unknown = vocabulary_->find(options_.unk_token);
  check(unknown.has_value(), "model WordPiece names the unk_token \"{}\", which the vocabulary lacks",
        options_.unk_token);
  unknown_ = *unknown;
}

bool WordPiece::is_too_long(std::string_view word) const {
  if (word.size() <= options_.max_input_chars_per_word) return false;
  std::size_t characters = 0;
  for (const char c : word) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return characters > options_.max_input_chars_per_word;
}

template <typename Put>
bool WordPiece::cut(std::string_view word, Put put) const {
  if (is_too_long(word)) return false;
  for (std::size_t begin = 0; begin < word.size();) {
    const PieceTrie& trie = begin == 0 ? first_ : continuing_;
    const PieceTrie::Match longest = trie.longest_match(word.substr(begin));
    if (longest.length == 0) return false;
    put(longest.value, begin, begin + longest.length);
    begin += longest.length;
  }
  return true;
}

void WordPiece::encode(std::string_view piece, std::vector<std::int32_t>& ids) const {
  const std::size_t size = ids.size();
  if (cut(piece, [&](std::int32_t id, std::size_t, std::size_t) { ids.push_back(id); })) return;
  ids.resize(size);
  ids.push_back(unknown_);
}

void WordPiece::tokenize(std::string_view piece, std::vector<Segment>& tokens) const {
  const std::size_t size = tokens.size();
  if (cut(piece, [&](std::int32_t id, std::size_t begin, std::size_t end) {
        tokens.push_back({begin, end, id});
      })) {
    return;
  }
  tokens.resize(size);
  tokens.push_back({0, piece.size(), unknown_});
}

nlohmann::ordered_json WordPiece::to_json() const {
  return {{"type", "WordPiece"},
          {"unk_token", options_.unk_token},
          {"continuing_subword_prefix", options_.continuing_subword_prefix},
          {"max_input_chars_per_word", options_.max_input_chars_per_word},
          {"vocab", nlohmann::ordered_json::object()}};
}

std::unique_ptr<WordPiece> WordPiece::from_json(const nlohmann::json& json,
                                                std::shared_ptr<const Vocabulary> vocabulary) {
  check_fields(json, "model",
               {"unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"});
  const auto longest = json.value("max_input_chars_per_word", std::int64_t{100});
  check(longest >= 0, "model WordPiece has \"max_input_chars_per_word\": {}, expected 0 or more", longest);
  return std::make_unique<WordPiece>(
      std::move(vocabulary),
      Options{.unk_token = json.value("unk_token", "[UNK]"),
              .continuing_subword_prefix = json.value("continuing_subword_prefix", "##"),
              .max_input_chars_per_word = static_cast<std::size_t>(longest)});
}

}  // namespace attune::text
