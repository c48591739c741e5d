#include "attune/text/models/sentencepiece_unigram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace attune::text {
namespace {

constexpr float kUnknownPenalty = 10;
constexpr std::size_t kUnreached = ~std::size_t{0};
// Sums beyond it are brought back to zero, so that float32 still tells scores apart late in a long sentence.
constexpr float kLargestSum = 100000;

// The best path that ends at a place: its sum of scores, its last piece and where that begins.
struct Path {
  std::size_t begin = kUnreached;
  float score = 0;
  std::int32_t id = -1;

  void offer(float new_score, std::size_t new_begin, std::int32_t new_id) {
    if (begin == kUnreached || new_score > score) *this = {new_begin, new_score, new_id};
  }
};

PieceTrie make_trie(const PieceTable& pieces) {
  std::vector<std::pair<std::string_view, std::int32_t>> entries;
  for (std::int32_t id = 0; id < pieces.size(); ++id) {
    const Piece& piece = pieces[id];
    if (piece.kind == Piece::Kind::normal || piece.kind == Piece::Kind::user_defined) {
      entries.emplace_back(piece.text, id);
    }
  }
  return PieceTrie(std::move(entries));
}

// A piece defined by the user wins over all log probabilities, the longer the better.
float score_of(const Piece& piece) {
  if (piece.kind != Piece::Kind::user_defined) return piece.score;
  return static_cast<float>(0.1 * static_cast<double>(piece.text.size() - 1));
}

void subtract_sum(std::vector<Path>& paths, std::size_t from, std::size_t to) {
  const float sum = paths[from].score;
  for (std::size_t at = from; at <= to; ++at) {
    if (at == from || paths[at].begin != kUnreached) paths[at].score -= sum;
  }
}

}  // namespace

SentencePieceUnigram::SentencePieceUnigram(std::shared_ptr<const PieceTable> pieces)
    : pieces_(std::move(pieces)), trie_(make_trie(*pieces_)) {
  float lowest = std::numeric_limits<float>::max();
  for (std::int32_t id = 0; id < pieces_->size(); ++id) {
    const Piece& piece = (*pieces_)[id];
    scores_.push_back(score_of(piece));
    if (piece.kind == Piece::Kind::normal) lowest = std::min(lowest, piece.score);
  }
  unknown_score_ = lowest - kUnknownPenalty;
}

std::vector<Segment> SentencePieceUnigram::segment(std::string_view sentence) const {
  std::vector<Path> paths(sentence.size() + 1);  // By where they end.
  std::size_t frontier = 0;                      // The last place that a path has reached.
  for (std::size_t begin = 0; begin < sentence.size();) {
    if (std::abs(paths[begin].score) > kLargestSum) subtract_sum(paths, begin, frontier);
    const float score = paths[begin].score;
    const std::size_t next = std::min(begin + character_length(sentence[begin]), sentence.size());
    bool has_single = false;  // Whether the character is a piece.
    PieceTrie::Node node = PieceTrie::kRoot;
    for (std::size_t end = begin + 1; end <= sentence.size(); ++end) {
      node = trie_.child(node, sentence[end - 1]);
      if (node == PieceTrie::kNone) break;
      const std::int32_t id = trie_.value(node);
      if (id < 0) continue;
      frontier = std::max(frontier, end);
      paths[end].offer(score + scores_[static_cast<std::size_t>(id)], begin, id);
      has_single |= end == next;
    }
    if (!has_single) {
      frontier = std::max(frontier, next);
      paths[next].offer(score + unknown_score_, begin, pieces_->unknown());
    }
    begin = next;
  }
  std::vector<Segment> segments;
  segments.reserve(sentence.size() / 4 + 1);
  for (std::size_t end = sentence.size(); end > 0; end = paths[end].begin) {
    segments.push_back({paths[end].begin, end, paths[end].id});
  }
  std::reverse(segments.begin(), segments.end());
  return segments;
}

}  // namespace attune::text
