#include "attune/text/models/word_level.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "attune/text/utf8.h"

namespace attune::text {
namespace {

[[noreturn]] void fail_unknown(std::string_view piece, std::int64_t vocabulary_size) {
  const CodePoint c = decode_code_point(piece);
  if (c.status != CodePoint::Status::valid) {
    throw UnknownPiece(invalid_utf8_reason(piece[0]));
  }
  throw UnknownPiece(fmt::format("character \"{}\" (U+{:04X}), which is not in the vocabulary of {}", piece,
                                 static_cast<std::uint32_t>(c.value), vocabulary_size));
}

}  // namespace

WordLevel::WordLevel(std::shared_ptr<const Vocabulary> vocabulary, std::optional<std::int32_t> unknown)
    : vocabulary_(std::move(vocabulary)), unknown_(unknown) {}

void WordLevel::encode(std::string_view piece, std::vector<std::int32_t>& ids) const {
  const auto id = vocabulary_->find(piece);
  if (!id && !unknown_) fail_unknown(piece, vocabulary_->size());
  ids.push_back(id ? *id : *unknown_);
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
  const auto unknown = vocabulary->find(json.value("unk_token", ""));
  return std::make_unique<WordLevel>(std::move(vocabulary), unknown);
}

}  // namespace attune::text
