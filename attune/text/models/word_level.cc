#include "attune/text/models/word_level.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "attune/text/component_json.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

[[noreturn]] void fail_unknown(std::string_view piece, std::int64_t vocabulary_size) {
  const CodePoint c = decode_code_point(piece);
  if (c.status != CodePoint::Status::valid) {
    throw UnknownPiece(invalid_utf8_reason(piece[0]));
  }
  if (c.length < piece.size()) {
    throw UnknownPiece(fmt::format("\"{}\", which is not in the vocabulary of {}", piece, vocabulary_size));
  }
  throw UnknownPiece(fmt::format("character \"{}\" (U+{:04X}), which is not in the vocabulary of {}", piece,
                                 static_cast<std::uint32_t>(c.value), vocabulary_size));
}

}  // namespace

WordLevel::WordLevel(std::shared_ptr<const Vocabulary> vocabulary, std::optional<std::int32_t> unknown)
    : vocabulary_(std::move(vocabulary)), unknown_(unknown) {}

std::int32_t WordLevel::find(std::string_view piece) const {
  const auto id = vocabulary_->find(piece);
  if (!id && !unknown_) fail_unknown(piece, vocabulary_->size());
  return id ? *id : *unknown_;
}

void WordLevel::encode(std::string_view piece, std::vector<std::int32_t>& ids) const {
  ids.push_back(find(piece));
}

void WordLevel::tokenize(std::string_view piece, std::vector<Segment>& tokens) const {
  tokens.push_back({0, piece.size(), find(piece)});
}

// HF demands a name for the unknown token; where the vocabulary lacks it, unknown pieces are an error there
// too.
nlohmann::ordered_json WordLevel::to_json() const {
  return {{"type", "WordLevel"},
          {"vocab", nlohmann::ordered_json::object()},
          {"unk_token", unknown_ ? vocabulary_->token(*unknown_) : "<unk>"}};
}

std::unique_ptr<WordLevel> WordLevel::from_json(const nlohmann::json& json,
                                                std::shared_ptr<const Vocabulary> vocabulary) {
  check_fields(json, "model", {"vocab", "unk_token"});
  const auto unknown = vocabulary->find(json.value("unk_token", ""));
  return std::make_unique<WordLevel>(std::move(vocabulary), unknown);
}

}  // namespace attune::text
