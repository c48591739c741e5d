#include "attune/text/models/unigram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

constexpr double kUnknownPenalty = 10;  // What an unknown character costs more than the rarest token.
constexpr std::size_t kShortPiece = 64;

std::shared_ptr<const Vocabulary> make_vocabulary(const ScoredEntries& entries) {
  std::vector<std::string> tokens;
  tokens.reserve(entries.size());
  for (const auto& [token, score] : entries) {
    check(std::isfinite(score), "token \"{}\" (id {}) has score {}, expected a finite number", token,
          tokens.size(), score);
    tokens.push_back(token);
  }
  check(!tokens.empty(), "the vocabulary is empty");
  return std::make_shared<const Vocabulary>(std::move(tokens));
}

PieceTrie make_trie(const Vocabulary& vocabulary) {
  std::vector<std::pair<std::string_view, std::int32_t>> entries;
  entries.reserve(static_cast<std::size_t>(vocabulary.size()));
  for (std::int32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string& token = vocabulary.token(id);
    if (token.empty()) continue;
    check(vocabulary.find(token) == id, "token \"{}\" occurs twice, at {} and {}", token,
          vocabulary.find(token).value_or(-1), id);
    entries.emplace_back(token, id);
  }
  return PieceTrie(std::move(entries));
}

}  // namespace

Unigram::Unigram(ScoredEntries tokens, std::optional<std::int32_t> unknown, bool byte_fallback)
    : vocabulary_(make_vocabulary(tokens)),
      unknown_(unknown),
      byte_fallback_(byte_fallback),
      trie_(make_trie(*vocabulary_)) {
  check(!unknown_ || vocabulary_->contains(*unknown_), "model Unigram has \"unk_id\": {}, expected 0 to {}",
        unknown_.value_or(0), vocabulary_->size() - 1);
  double lowest = std::numeric_limits<double>::max();
  scores_.reserve(tokens.size());
  for (const auto& [token, score] : tokens) {
    scores_.push_back(score);
    lowest = std::min(lowest, score);
  }
  unknown_score_ = lowest - kUnknownPenalty;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    fallback_ids_[byte] = vocabulary_->find(fmt::format("<0x{:02X}>", byte)).value_or(-1);
  }
}

// paths[0] to paths[piece.size()], by where they end.
void Unigram::find_paths(std::string_view piece, Path* paths) const {
  std::fill_n(paths, piece.size() + 1, Path{0, UINT32_MAX, -1});
  for (std::size_t begin = 0; begin < piece.size();) {
    const double score = paths[begin].score;
    const auto offer = [&](std::size_t end, double cost, std::int32_t id) {
      Path& path = paths[end];
      if (path.begin == UINT32_MAX || score + cost > path.score) {
        path = {score + cost, static_cast<std::uint32_t>(begin), id};
      }
    };
    const std::size_t next = begin + decode_code_point(piece.substr(begin)).length;
    bool has_single = false;  // Whether the character is a token.
    PieceTrie::Node node = PieceTrie::kRoot;
    for (std::size_t end = begin + 1; end <= piece.size(); ++end) {
      node = trie_.child(node, piece[end - 1]);
      if (node == PieceTrie::kNone) break;
      const std::int32_t id = trie_.value(node);
      if (id < 0) continue;
      offer(end, scores_[static_cast<std::size_t>(id)], id);
      has_single |= end == next;
    }
    if (!has_single) {
      if (!unknown_) {
        throw UnknownPiece(fmt::format("\"{}\", which is not in the vocabulary, and there is no unk_id",
                                       piece.substr(begin, next - begin)));
      }
      offer(next, unknown_score_, *unknown_);
    }
    begin = next;
  }
}

bool Unigram::falls_back(std::string_view text) const {
  return byte_fallback_ && std::all_of(text.begin(), text.end(), [&](char byte) {
           return fallback_ids_[static_cast<unsigned char>(byte)] >= 0;
         });
}

template <typename Put>
void Unigram::cut(std::string_view piece, Put put) const {
  std::array<Path, kShortPiece + 1> few;
  std::vector<Path> many(piece.size() > kShortPiece ? piece.size() + 1 : 0);
  Path* const paths = many.empty() ? few.data() : many.data();
  find_paths(piece, paths);
  for (std::size_t end = piece.size(); end > 0;) {
    const std::int32_t id = paths[end].id;
    std::size_t begin = paths[end].begin;
    if (id == unknown_) {  // Unknown neighbours are one token.
      while (begin > 0 && paths[begin].id == unknown_) begin = paths[begin].begin;
      const std::string_view text = piece.substr(begin, end - begin);
      // Text that is cut off as unknown may be a token after all: several characters are.
      const auto whole = vocabulary_->find(text);
      if (!whole && falls_back(text)) {
        for (auto byte = text.rbegin(); byte != text.rend(); ++byte) {
          put(fallback_ids_[static_cast<unsigned char>(*byte)], begin, end);
        }
      } else {
        put(whole.value_or(id), begin, end);
      }
    } else {
      put(id, begin, end);
    }
    end = begin;
  }
}

void Unigram::encode(std::string_view piece, std::vector<std::int32_t>& ids) const {
  const auto size = static_cast<std::ptrdiff_t>(ids.size());
  cut(piece, [&](std::int32_t id, std::size_t, std::size_t) { ids.push_back(id); });
  std::reverse(ids.begin() + size, ids.end());
}

void Unigram::tokenize(std::string_view piece, std::vector<Segment>& tokens) const {
  const auto size = static_cast<std::ptrdiff_t>(tokens.size());
  cut(piece, [&](std::int32_t id, std::size_t begin, std::size_t end) {
    tokens.push_back({begin, end, id});
  });
  std::reverse(tokens.begin() + size, tokens.end());
}

nlohmann::ordered_json Unigram::to_json() const {
  auto vocab = nlohmann::ordered_json::array();
  for (std::int32_t id = 0; id < vocabulary_->size(); ++id) {
    vocab.push_back({vocabulary_->token(id), scores_[static_cast<std::size_t>(id)]});
  }
  nlohmann::ordered_json unknown;
  if (unknown_) unknown = *unknown_;
  return {{"type", "Unigram"},
          {"unk_id", unknown},
          {"vocab", std::move(vocab)},
          {"byte_fallback", byte_fallback_}};
}

std::unique_ptr<Unigram> Unigram::from_json(const nlohmann::json& json, ScoredEntries tokens) {
  check_fields(json, "model", {"unk_id", "vocab", "byte_fallback"});
  std::optional<std::int32_t> unknown;
  if (const auto field = json.find("unk_id"); field != json.end() && !field->is_null()) {
    const auto id = field->get<std::int64_t>();
    check(id >= 0 && id < static_cast<std::int64_t>(tokens.size()),
          "model Unigram has \"unk_id\": {}, expected 0 to {}", id,
          static_cast<std::int64_t>(tokens.size()) - 1);
    unknown = static_cast<std::int32_t>(id);
  }
  return std::make_unique<Unigram>(std::move(tokens), unknown, json.value("byte_fallback", false));
}

}  // namespace attune::text
