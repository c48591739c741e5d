#include "attune/text/models/bpe.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>
#include <span>
#include <utility>

#include "attune/text/component_json.h"
#include "attune/text/unicode/byte_alphabet.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

constexpr std::size_t kShortPiece = 48;  // Up to here looking through all pairs beats keeping them in a heap.

// Fields of HF's model that Attune supports only as most files set them: null, false, "" or 0.
void check_settings(const nlohmann::json& json) {
  check_fields(json, "model",
               {"vocab", "merges", "unk_token", "dropout", "continuing_subword_prefix", "end_of_word_suffix",
                "fuse_unk", "byte_fallback", "ignore_merges"});
  const auto dropout = json.find("dropout");
  check(dropout == json.end() || dropout->is_null() || *dropout == 0.0,
        "model BPE with \"dropout\": {} is not supported", dropout == json.end() ? "" : dropout->dump());
}

Merge make_merge(std::string_view left, std::string_view right, std::size_t number,
                 const Vocabulary& vocabulary, const Bpe::Options& options) {
  using Bytes = std::optional<std::string>;
  const auto bytes_of = [&](std::string_view token) {
    return options.byte_level ? alphabet_to_bytes(token) : Bytes(token);
  };
  const auto find = [&](const Bytes& bytes) {
    return bytes && !bytes->empty() ? vocabulary.find(*bytes) : std::nullopt;
  };
  const Bytes left_bytes = bytes_of(left), right_bytes = bytes_of(right);
  const auto left_id = find(left_bytes), right_id = find(right_bytes);
  check(left_id && right_id, "merge {} is of \"{}\" and \"{}\", of which the vocabulary lacks one", number,
        left, right);
  const std::size_t prefix = options.continuing_subword_prefix.size();
  check(right_bytes->size() >= prefix, "merge {} is of \"{}\" and \"{}\", which lacks the prefix \"{}\"",
        number, left, right, options.continuing_subword_prefix);
  const auto id = find(*left_bytes + right_bytes->substr(prefix));
  check(id.has_value(), "merge {} makes \"{}{}\", which the vocabulary lacks", number, left,
        right.substr(prefix));
  return {*left_id, *right_id, *id};
}

}  // namespace

Bpe::Bpe(std::shared_ptr<const Vocabulary> vocabulary, std::vector<Merge> merges, Options options)
    : vocabulary_(std::move(vocabulary)),
      merges_(std::move(merges)),
      table_(merges_),
      options_(std::move(options)),
      plain_(options_.byte_level && !options_.fuse_unk && options_.continuing_subword_prefix.empty() &&
             options_.end_of_word_suffix.empty()) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    byte_ids_[byte] = vocabulary_->find({&text, 1}).value_or(-1);
    fallback_ids_[byte] = vocabulary_->find(fmt::format("<0x{:02X}>", byte)).value_or(-1);
  }
}

std::int32_t Bpe::byte_id(char byte) const {
  const std::int32_t id = byte_ids_[static_cast<unsigned char>(byte)];
  if (id >= 0) return id;
  if (options_.unknown) return *options_.unknown;
  throw UnknownPiece(
      fmt::format("byte 0x{:02X}, which is not in the vocabulary", static_cast<unsigned char>(byte)));
}

std::size_t Bpe::merge_short(Symbol* symbols, std::size_t count) const {
  std::array<MergeTable::Result, kShortPiece> merges;  // merges[i] is that of symbols i and i + 1.
  for (std::size_t i = 0; i + 1 < count; ++i) merges[i] = table_.find(symbols[i].id, symbols[i + 1].id);
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i) {
      if (merges[i].rank < merges[best].rank) best = i;
    }
    if (merges[best].rank == MergeTable::kNoRank) break;
    symbols[best] = {merges[best].id, symbols[best].length + symbols[best + 1].length};
    --count;
    for (std::size_t i = best + 1; i < count; ++i) {
      symbols[i] = symbols[i + 1];
      merges[i - 1] = merges[i];
    }
    if (best > 0) merges[best - 1] = table_.find(symbols[best - 1].id, symbols[best].id);
    if (best + 1 < count) merges[best] = table_.find(symbols[best].id, symbols[best + 1].id);
  }
  return count;
}

template <typename Use>
void Bpe::with_symbols(std::string_view piece, Use use) const {
  if (options_.ignore_merges) {
    if (const auto id = vocabulary_->find(piece)) {
      const Symbol whole{*id, static_cast<std::uint32_t>(piece.size())};
      return use(std::span(&whole, 1));
    }
  }
  if (piece.size() <= kShortPiece) {
    std::array<Symbol, kShortPiece> symbols;
    const std::size_t count = divide(piece, symbols.data());
    return use(std::span<const Symbol>(symbols.data(), merge_short(symbols.data(), count)));
  }
  std::vector<Symbol> symbols(piece.size());
  const std::size_t count = divide(piece, symbols.data());
  use(std::span<const Symbol>(symbols.data(), merge_long(symbols.data(), count)));
}

void Bpe::encode(std::string_view piece, std::vector<std::int32_t>& ids) const {
  if (piece.size() < PieceCache::kMinBytes || piece.size() > PieceCache::kMaxBytes) {
    return encode_uncached(piece, ids);
  }
  PieceCache::of_this_thread().encode(piece, number_, ids, [&] { encode_uncached(piece, ids); });
}

void Bpe::encode_uncached(std::string_view piece, std::vector<std::int32_t>& ids) const {
  if (plain_ && piece.size() == 1) return ids.push_back(byte_id(piece[0]));
  with_symbols(piece, [&](std::span<const Symbol> symbols) {
    for (const Symbol& symbol : symbols) ids.push_back(symbol.id);
  });
}

void Bpe::tokenize(std::string_view piece, std::vector<Segment>& tokens) const {
  with_symbols(piece, [&](std::span<const Symbol> symbols) {
    std::size_t begin = 0;
    for (const auto& [id, length] : symbols) {
      tokens.push_back({begin, begin + length, id});
      begin += length;
    }
  });
}

std::size_t Bpe::divide(std::string_view piece, Symbol* symbols) const {
  if (!plain_) return divide_characters(piece, symbols);
  for (std::size_t i = 0; i < piece.size(); ++i) symbols[i] = {byte_id(piece[i]), 1};
  return piece.size();
}

// As merge_word() in HF's model, its order of unknown symbols and bytes included.
std::size_t Bpe::divide_characters(std::string_view piece, Symbol* symbols) const {
  std::size_t count = 0;
  std::optional<Symbol> unknown;  // Not written yet: it may go on.
  std::string text;
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t length = options_.byte_level ? 1 : decode_code_point(piece.substr(at)).length;
    const std::string_view character = piece.substr(at, length);
    text = at > 0 ? options_.continuing_subword_prefix : std::string();
    text += character;
    if (at + length == piece.size()) text += options_.end_of_word_suffix;
    at += length;
    if (const auto id = vocabulary_->find(text)) {
      if (unknown) symbols[count++] = *std::exchange(unknown, std::nullopt);
      symbols[count++] = {*id, static_cast<std::uint32_t>(length)};
      continue;
    }
    const auto fallback = [&](char byte) { return fallback_ids_[static_cast<unsigned char>(byte)]; };
    if (options_.byte_fallback && text == character &&
        std::all_of(text.begin(), text.end(), [&](char byte) { return fallback(byte) >= 0; })) {
      for (const char byte : text) symbols[count++] = {fallback(byte), 1};
      continue;
    }
    if (!options_.unknown) {
      throw UnknownPiece(
          fmt::format("\"{}\", which is not in the vocabulary, and there is no unk_token", text));
    }
    if (unknown && options_.fuse_unk) {
      unknown->length += static_cast<std::uint32_t>(length);
    } else {
      if (unknown) symbols[count++] = *unknown;
      unknown = Symbol{*options_.unknown, static_cast<std::uint32_t>(length)};
    }
  }
  if (unknown) symbols[count++] = *unknown;
  return count;
}

// O(n log n): symbols in a linked list, possible merges in a heap. A merge in the heap is out of date when
// its symbols have been merged otherwise since; then the pair now at its place has another rank, or none.
std::size_t Bpe::merge_long(Symbol* symbols, std::size_t count) const {
  struct Node {
    std::int32_t id;  // -1 once merged into the one before.
    std::uint32_t length;
    std::size_t previous, next;
  };
  using Candidate = std::pair<std::int32_t, std::size_t>;  // Rank, node of the left symbol.
  constexpr std::size_t kNone = SIZE_MAX;

  std::vector<Node> nodes(count);
  for (std::size_t i = 0; i < count; ++i) {
    nodes[i] = {symbols[i].id, symbols[i].length, i == 0 ? kNone : i - 1, i + 1 == count ? kNone : i + 1};
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto merge_at = [&](std::size_t i) {
    if (i == kNone || nodes[i].id < 0 || nodes[i].next == kNone) {
      return MergeTable::Result{MergeTable::kNoRank, -1};
    }
    return table_.find(nodes[i].id, nodes[nodes[i].next].id);
  };
  const auto push = [&](std::size_t i) {
    const MergeTable::Result merge = merge_at(i);
    if (merge.rank != MergeTable::kNoRank) candidates.emplace(merge.rank, i);
  };
  for (std::size_t i = 0; i < count; ++i) push(i);

  while (!candidates.empty()) {
    const auto [rank, left] = candidates.top();
    candidates.pop();
    const MergeTable::Result merge = merge_at(left);
    if (merge.rank != rank) continue;
    const std::size_t right = nodes[left].next;
    nodes[left].id = merge.id;
    nodes[left].length += nodes[right].length;
    nodes[left].next = nodes[right].next;
    nodes[right].id = -1;
    if (nodes[left].next != kNone) nodes[nodes[left].next].previous = left;
    push(nodes[left].previous);
    push(left);
  }
  std::size_t left = 0;
  for (const Node& node : nodes) {
    if (node.id >= 0) symbols[left++] = {node.id, node.length};
  }
  return left;
}

std::string Bpe::written(const std::string& token) const {
  return options_.byte_level ? bytes_to_alphabet(token) : token;
}

nlohmann::ordered_json Bpe::to_json() const {
  auto merges = nlohmann::ordered_json::array();
  for (const Merge& merge : merges_) {
    merges.push_back({written(vocabulary_->token(merge.left)), written(vocabulary_->token(merge.right))});
  }
  const auto or_null = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
  };
  const auto& [byte_level, unknown, fuse_unk, byte_fallback, ignore_merges, prefix, suffix] = options_;
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unknown ? or_null(written(vocabulary_->token(*unknown))) : or_null("")},
          {"continuing_subword_prefix", or_null(prefix)},
          {"end_of_word_suffix", or_null(suffix)},
          {"fuse_unk", fuse_unk},
          {"byte_fallback", byte_fallback},
          {"ignore_merges", ignore_merges},
          {"vocab", nlohmann::ordered_json::object()},
          {"merges", std::move(merges)}};
}

std::vector<Merge> Bpe::find_merges(const MergeEntries& entries, const Vocabulary& vocabulary,
                                    const Options& options) {
  std::vector<Merge> merges;
  merges.reserve(entries.size());
  for (const auto& [left, right] : entries) {
    merges.push_back(make_merge(left, right, merges.size() + 1, vocabulary, options));
  }
  return merges;
}

std::unique_ptr<Bpe> Bpe::from_json(const nlohmann::json& json, const MergeEntries& entries,
                                    std::shared_ptr<const Vocabulary> vocabulary, bool byte_level) {
  check_settings(json);
  const auto flag = [&](const char* name) {
    const auto field = json.find(name);
    return field != json.end() && !field->is_null() && field->get<bool>();
  };
  const auto text = [&](const char* name) {
    const auto field = json.find(name);
    return field == json.end() || field->is_null() ? std::string() : field->get<std::string>();
  };
  Options options{.byte_level = byte_level,
                  .unknown = std::nullopt,
                  .fuse_unk = flag("fuse_unk"),
                  .byte_fallback = flag("byte_fallback"),
                  .ignore_merges = flag("ignore_merges"),
                  .continuing_subword_prefix = text("continuing_subword_prefix"),
                  .end_of_word_suffix = text("end_of_word_suffix")};
  if (const std::string name = text("unk_token"); !name.empty()) {
    options.unknown = vocabulary->find(byte_level ? alphabet_to_bytes(name).value_or(name) : name);
  }
  std::vector<Merge> merges = find_merges(entries, *vocabulary, options);
  return std::make_unique<Bpe>(std::move(vocabulary), std::move(merges), std::move(options));
}

}  // namespace attune::text
