#include "attune/text/models/piece_trie.h"

#include <algorithm>
#include <string>

namespace attune::text {
namespace {

constexpr std::size_t kBlock = 256;
constexpr std::uint16_t kNearlyFull = 248;  // Looking for the last free places takes longer than it is worth.
constexpr std::size_t kBlocksSearched = 16;

}  // namespace

PieceTrie::PieceTrie(std::vector<std::pair<std::string_view, std::int32_t>> pieces)
    : units_(kBlock), used_(1, 1) {
  std::sort(pieces.begin(), pieces.end());
  // The root is the only node that nobody is the parent of; it marks itself as in use.
  units_[kRoot].check = kNone - 1;
  std::vector<Branch> open;
  if (!pieces.empty()) open.push_back({kRoot, pieces, 0});
  while (!open.empty()) {
    const Branch branch = open.back();
    open.pop_back();
    grow(branch, open);
  }
}

void PieceTrie::grow(const Branch& branch, std::vector<Branch>& open) {
  auto [node, pieces, depth] = branch;
  if (pieces.front().first.size() == depth) {
    units_[node].value = pieces.front().second;
    pieces = pieces.subspan(1);
  }
  if (pieces.empty()) return;
  std::string labels;
  for (const auto& [piece, value] : pieces) {
    if (labels.empty() || labels.back() != piece[depth]) labels += piece[depth];
  }
  const std::uint32_t base = find_base(labels);
  units_[node].base = base;
  std::size_t begin = 0;
  for (const char label : labels) {
    const Node next = base ^ static_cast<unsigned char>(label);
    units_[next].check = node;
    ++used_[next / kBlock];
    std::size_t end = begin;
    while (end < pieces.size() && pieces[end].first[depth] == label) ++end;
    open.push_back({next, pieces.subspan(begin, end - begin), depth + 1});
    begin = end;
  }
}

// The first base at which the places of all labels are free.
std::uint32_t PieceTrie::find_base(std::string_view labels) {
  const std::size_t blocks = units_.size() / kBlock;
  while (first_open_ < blocks && used_[first_open_] >= kNearlyFull) ++first_open_;
  for (std::size_t block = std::max(first_open_, blocks - std::min(blocks, kBlocksSearched)); block < blocks;
       ++block) {
    if (used_[block] + labels.size() > kBlock) continue;
    for (std::size_t base = block * kBlock; base < (block + 1) * kBlock; ++base) {
      const bool free = std::all_of(labels.begin(), labels.end(), [&](char label) {
        return units_[base ^ static_cast<unsigned char>(label)].check == kNone;
      });
      if (free) return static_cast<std::uint32_t>(base);
    }
  }
  units_.resize(units_.size() + kBlock);
  used_.push_back(0);
  return static_cast<std::uint32_t>(blocks * kBlock);
}

}  // namespace attune::text
