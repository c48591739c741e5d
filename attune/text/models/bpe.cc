#include "attune/text/models/bpe.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>
#include <utility>

#include "attune/text/byte_alphabet.h"

namespace attune::text {
namespace {

constexpr std::size_t kShortPiece = 48;  // Up to here looking through all pairs beats keeping them in a heap.

// Fields of HF's model that Attune supports only as GPT-2 sets them: null, false, "" or 0.
void check_settings(const nlohmann::json& json) {
  for (const char* name : {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
                           "byte_fallback", "ignore_merges"}) {
    const auto field = json.find(name);
    if (field == json.end() || field->is_null() || *field == false || *field == "" || *field == 0.0) continue;
    fail("model BPE with \"{}\": {} is not supported", name, field->dump());
  }
}

Merge make_merge(std::string_view left, std::string_view right, std::size_t number,
                 const Vocabulary& vocabulary) {
  const auto find = [&](const std::optional<std::string>& bytes) {
    return bytes && !bytes->empty() ? vocabulary.find(*bytes) : std::nullopt;
  };
  const auto left_bytes = alphabet_to_bytes(left), right_bytes = alphabet_to_bytes(right);
  const auto left_id = find(left_bytes), right_id = find(right_bytes);
  check(left_id && right_id, "merge {} is of \"{}\" and \"{}\", of which the vocabulary lacks one", number,
        left, right);
  const auto id = find(*left_bytes + *right_bytes);
  check(id.has_value(), "merge {} makes \"{}{}\", which the vocabulary lacks", number, left, right);
  return {*left_id, *right_id, *id};
}

}  // namespace

Bpe::Bpe(std::shared_ptr<const Vocabulary> vocabulary, std::vector<Merge> merges,
         std::optional<std::int32_t> unknown)
    : vocabulary_(std::move(vocabulary)), merges_(std::move(merges)), table_(merges_), unknown_(unknown) {
  for (int byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    byte_ids_[static_cast<std::size_t>(byte)] = vocabulary_->find({&text, 1}).value_or(-1);
  }
}

std::int32_t Bpe::byte_id(char byte) const {
  const std::int32_t id = byte_ids_[static_cast<unsigned char>(byte)];
  if (id >= 0) return id;
  if (unknown_) return *unknown_;
  throw UnknownPiece(
      fmt::format("byte 0x{:02X}, which is not in the vocabulary", static_cast<unsigned char>(byte)));
}

void Bpe::encode(std::string_view piece, std::vector<std::int32_t>& ids) const {
  if (piece.size() == 1) {
    ids.push_back(byte_id(piece[0]));
  } else if (piece.size() <= kShortPiece) {
    encode_short(piece, ids);
  } else {
    encode_long(piece, ids);
  }
}

void Bpe::encode_short(std::string_view piece, std::vector<std::int32_t>& ids) const {
  std::array<std::int32_t, kShortPiece> tokens;
  std::array<MergeTable::Result, kShortPiece> merges;  // merges[i] is that of tokens i and i + 1.
  std::size_t count = piece.size();
  for (std::size_t i = 0; i < count; ++i) tokens[i] = byte_id(piece[i]);
  for (std::size_t i = 0; i + 1 < count; ++i) merges[i] = table_.find(tokens[i], tokens[i + 1]);
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i) {
      if (merges[i].rank < merges[best].rank) best = i;
    }
    if (merges[best].rank == MergeTable::kNoRank) break;
    tokens[best] = merges[best].id;
    --count;
    for (std::size_t i = best + 1; i < count; ++i) {
      tokens[i] = tokens[i + 1];
      merges[i - 1] = merges[i];
    }
    if (best > 0) merges[best - 1] = table_.find(tokens[best - 1], tokens[best]);
    if (best + 1 < count) merges[best] = table_.find(tokens[best], tokens[best + 1]);
  }
  ids.insert(ids.end(), tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(count));
}

// O(n log n): tokens in a linked list, possible merges in a heap. A merge in the heap is out of date when its
// tokens have been merged otherwise since; then the pair now at its place has another rank, or none.
void Bpe::encode_long(std::string_view piece, std::vector<std::int32_t>& ids) const {
  struct Node {
    std::int32_t token;  // -1 once merged into the one before.
    std::size_t previous, next;
  };
  using Candidate = std::pair<std::int32_t, std::size_t>;  // Rank, node of the left token.
  constexpr std::size_t kNone = SIZE_MAX;

  std::vector<Node> nodes(piece.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i] = {byte_id(piece[i]), i == 0 ? kNone : i - 1, i + 1 == nodes.size() ? kNone : i + 1};
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto merge_at = [&](std::size_t i) {
    if (i == kNone || nodes[i].token < 0 || nodes[i].next == kNone) {
      return MergeTable::Result{MergeTable::kNoRank, -1};
    }
    return table_.find(nodes[i].token, nodes[nodes[i].next].token);
  };
  const auto push = [&](std::size_t i) {
    const MergeTable::Result merge = merge_at(i);
    if (merge.rank != MergeTable::kNoRank) candidates.emplace(merge.rank, i);
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) push(i);

  while (!candidates.empty()) {
    const auto [rank, left] = candidates.top();
    candidates.pop();
    const MergeTable::Result merge = merge_at(left);
    if (merge.rank != rank) continue;
    const std::size_t right = nodes[left].next;
    nodes[left].token = merge.id;
    nodes[left].next = nodes[right].next;
    nodes[right].token = -1;
    if (nodes[left].next != kNone) nodes[nodes[left].next].previous = left;
    push(nodes[left].previous);
    push(left);
  }
  for (const Node& node : nodes) {
    if (node.token >= 0) ids.push_back(node.token);
  }
}

std::string Bpe::written(const std::string& token) const { return bytes_to_alphabet(token); }

nlohmann::ordered_json Bpe::to_json() const {
  auto merges = nlohmann::ordered_json::array();
  for (const Merge& merge : merges_) {
    merges.push_back({written(vocabulary_->token(merge.left)), written(vocabulary_->token(merge.right))});
  }
  nlohmann::ordered_json unknown;
  if (unknown_) unknown = vocabulary_->token(*unknown_);
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unknown},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false},
          {"vocab", nlohmann::ordered_json::object()},
          {"merges", std::move(merges)}};
}

std::vector<Merge> Bpe::find_merges(const MergeEntries& entries, const Vocabulary& vocabulary) {
  std::vector<Merge> merges;
  merges.reserve(entries.size());
  for (const auto& [left, right] : entries) {
    merges.push_back(make_merge(left, right, merges.size() + 1, vocabulary));
  }
  return merges;
}

std::unique_ptr<Bpe> Bpe::from_json(const nlohmann::json& json, const MergeEntries& entries,
                                    std::shared_ptr<const Vocabulary> vocabulary) {
  check_settings(json);
  std::vector<Merge> merges = find_merges(entries, *vocabulary);
  std::optional<std::int32_t> unknown;
  if (const auto name = json.find("unk_token"); name != json.end() && name->is_string()) {
    unknown = vocabulary->find(name->get_ref<const std::string&>());
  }
  return std::make_unique<Bpe>(std::move(vocabulary), std::move(merges), unknown);
}

}  // namespace attune::text
