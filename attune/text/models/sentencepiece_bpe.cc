#include "attune/text/models/sentencepiece_bpe.h"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <utility>

namespace attune::text {
namespace {

constexpr std::ptrdiff_t kEnd = -1;

struct Symbol {
  std::size_t begin, end;         // In the sentence; equal once it is merged into its left neighbour.
  std::ptrdiff_t previous, next;  // kEnd where there is none.
  bool frozen;
};

struct Pair {
  float score;
  std::ptrdiff_t left, right;
  std::size_t size;  // Of both together, when they were neighbours.

  bool operator<(const Pair& other) const {
    return score < other.score || (score == other.score && left > other.left);
  }
};

// The merging of one sentence.
class Merging {
 public:
  Merging(std::string_view sentence, const PieceTable& pieces, const PieceTrie* user_defined)
      : sentence_(sentence), pieces_(pieces) {
    for (std::size_t at = 0; at < sentence.size();) {
      std::size_t length = user_defined ? user_defined->longest_prefix(sentence.substr(at)) : 0;
      const bool frozen = length > 0;
      if (!frozen) length = std::min(character_length(sentence[at]), sentence.size() - at);
      const auto index = static_cast<std::ptrdiff_t>(symbols_.size());
      symbols_.push_back({at, at + length, index - 1, index + 1, frozen});
      at += length;
    }
    symbols_.back().next = kEnd;
  }

  std::vector<Segment> run() {
    for (std::ptrdiff_t right = 1; right < std::ssize(symbols_); ++right) offer(right - 1, right);
    while (!pairs_.empty()) {
      const Pair pair = pairs_.top();
      pairs_.pop();
      if (is_current(pair)) merge(pair);
    }
    std::vector<Segment> segments;
    for (std::ptrdiff_t at = 0; at != kEnd; at = symbol(at).next) {
      divide(symbol(at).begin, symbol(at).end, segments);
    }
    return segments;
  }

 private:
  Symbol& symbol(std::ptrdiff_t index) { return symbols_[static_cast<std::size_t>(index)]; }
  std::string_view text(std::size_t begin, std::size_t end) const {
    return sentence_.substr(begin, end - begin);
  }

  void offer(std::ptrdiff_t left, std::ptrdiff_t right) {
    if (left == kEnd || right == kEnd || symbol(left).frozen || symbol(right).frozen) return;
    const std::string_view merged = text(symbol(left).begin, symbol(right).end);
    const auto id = pieces_.find_text(merged);
    if (!id) return;
    pairs_.push({pieces_[*id].score, left, right, merged.size()});
    if (pieces_[*id].kind == Piece::Kind::unused) {
      parts_[merged] = symbol(left).end - symbol(left).begin;
    }
  }

  bool is_current(const Pair& pair) {
    const Symbol &left = symbol(pair.left), &right = symbol(pair.right);
    return left.begin < left.end && right.begin < right.end && right.end - left.begin == pair.size;
  }

  void merge(const Pair& pair) {
    Symbol &left = symbol(pair.left), &right = symbol(pair.right);
    left.end = right.end;
    right.begin = right.end;
    left.next = right.next;
    if (right.next != kEnd) symbol(right.next).previous = pair.left;
    offer(left.previous, pair.left);
    offer(pair.left, left.next);
  }

  void divide(std::size_t begin, std::size_t end, std::vector<Segment>& segments) const {
    std::vector<std::pair<std::size_t, std::size_t>> open = {{begin, end}};  // The next one last.
    while (!open.empty()) {
      const auto [from, to] = open.back();
      open.pop_back();
      const std::string_view piece = text(from, to);
      const std::int32_t id = pieces_.find_text(piece).value_or(pieces_.unknown());
      if (pieces_[id].kind != Piece::Kind::unused) {
        segments.push_back({from, to, id});
      } else if (const auto part = parts_.find(piece); part == parts_.end()) {
        segments.push_back({from, to, pieces_.unknown()});
      } else {
        open.emplace_back(from + part->second, to);
        open.emplace_back(from, from + part->second);
      }
    }
  }

  std::string_view sentence_;
  const PieceTable& pieces_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Pair> pairs_;
  std::unordered_map<std::string_view, std::size_t> parts_;  // Length of the left part of a piece not in use.
};

}  // namespace

SentencePieceBpe::SentencePieceBpe(std::shared_ptr<const PieceTable> pieces,
                                   std::shared_ptr<const PieceTrie> user_defined)
    : pieces_(std::move(pieces)), user_defined_(std::move(user_defined)) {}

std::vector<Segment> SentencePieceBpe::segment(std::string_view sentence) const {
  if (sentence.empty()) return {};
  return Merging(sentence, *pieces_, user_defined_.get()).run();
}

}  // namespace attune::text
