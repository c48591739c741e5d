#include "attune/text/trainers/unigram_lattices.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/text/models/piece_trie.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double add_logarithms(double a, double b) {
  if (a < b) std::swap(a, b);
  return b == kNever ? a : a + std::log1p(std::exp(b - a));
}

}  // namespace

UnigramLattices::UnigramLattices(const WordCounts& words, const ScoredEntries& pieces) {
  std::vector<std::pair<std::string_view, std::int32_t>> entries;
  for (const auto& [piece, score] : pieces)
    entries.emplace_back(piece, static_cast<std::int32_t>(entries.size() + 1));
  const PieceTrie trie(std::move(entries));
  std::size_t longest = 0;
  for (const auto& [word, count] : words) {
    const std::size_t first = edges_.size();
    std::uint32_t position = 0;
    for (std::size_t begin = 0; begin < word.size(); ++position) {
      const std::size_t next = begin + decode_code_point(std::string_view(word).substr(begin)).length;
      bool has_single = false;
      PieceTrie::Node node = PieceTrie::kRoot;
      std::uint16_t length = 0;  // In characters.
      for (std::size_t at = begin; at < word.size(); ++at) {
        if ((static_cast<unsigned char>(word[at]) & 0xC0) != 0x80) ++length;
        node = trie.child(node, word[at]);
        if (node == PieceTrie::kNone) break;
        if (trie.value(node) < 0) continue;
        if (!has_single && length > 1) edges_.push_back({0, position, 1});
        has_single = true;
        edges_.push_back({static_cast<std::uint32_t>(trie.value(node)), position, length});
      }
      if (!has_single) edges_.push_back({0, position, 1});
      begin = next;
    }
    words_.push_back({first, edges_.size(), position, static_cast<double>(count)});
    longest = std::max<std::size_t>(longest, position);
  }
  forward_.resize(longest + 1);
  backward_.resize(longest + 1);
}

// Returns the probability of the word: where it is too small for a number, nothing is added.
double UnigramLattices::add_expected(const Word& word, const std::vector<double>& probabilities,
                                     std::vector<double>& expected) const {
  std::fill_n(forward_.begin(), word.length + 1, 0.0);
  std::fill_n(backward_.begin(), word.length + 1, 0.0);
  forward_[0] = backward_[word.length] = 1;
  for (std::size_t i = word.first; i < word.last; ++i) {
    const Edge& edge = edges_[i];
    forward_[edge.begin + edge.length] += forward_[edge.begin] * probabilities[edge.piece];
  }
  constexpr double kSmallest = 1e-250;
  const double all = forward_[word.length];
  if (all < kSmallest) return all;
  for (std::size_t i = word.last; i-- > word.first;) {
    const Edge& edge = edges_[i];
    const double behind = probabilities[edge.piece] * backward_[edge.begin + edge.length];
    backward_[edge.begin] += behind;
    expected[edge.piece] += word.count * forward_[edge.begin] * behind / all;
  }
  return all;
}

void UnigramLattices::add_expected_by_logarithms(const Word& word, const std::vector<double>& scores,
                                                 std::vector<double>& expected) const {
  std::fill_n(forward_.begin(), word.length + 1, kNever);
  std::fill_n(backward_.begin(), word.length + 1, kNever);
  forward_[0] = backward_[word.length] = 0;
  for (std::size_t i = word.first; i < word.last; ++i) {
    const Edge& edge = edges_[i];
    double& there = forward_[edge.begin + edge.length];
    there = add_logarithms(there, forward_[edge.begin] + scores[edge.piece]);
  }
  for (std::size_t i = word.last; i-- > word.first;) {
    const Edge& edge = edges_[i];
    const double behind = scores[edge.piece] + backward_[edge.begin + edge.length];
    backward_[edge.begin] = add_logarithms(backward_[edge.begin], behind);
    expected[edge.piece] += word.count * std::exp(forward_[edge.begin] + behind - forward_[word.length]);
  }
}

std::vector<double> UnigramLattices::expected_counts(const std::vector<double>& scores) const {
  std::vector<double> probabilities(scores.size()), expected(scores.size());
  std::ranges::transform(scores, probabilities.begin(), [](double score) { return std::exp(score); });
  for (const Word& word : words_) {
    if (add_expected(word, probabilities, expected) < 1e-250)
      add_expected_by_logarithms(word, scores, expected);
  }
  return expected;
}

std::vector<double> UnigramLattices::best_counts(const std::vector<double>& scores, double& words) const {
  std::vector<double> counts(scores.size());
  std::vector<const Edge*> last(forward_.size());  // Of the best way to each position.
  words = 0;
  for (const Word& word : words_) {
    words += word.count;
    std::fill_n(forward_.begin(), word.length + 1, kNever);
    forward_[0] = 0;
    for (std::size_t i = word.first; i < word.last; ++i) {
      const Edge& edge = edges_[i];
      const double score = forward_[edge.begin] + scores[edge.piece];
      const std::size_t end = edge.begin + edge.length;
      if (score <= forward_[end]) continue;
      forward_[end] = score;
      last[end] = &edge;
    }
    for (std::size_t end = word.length; end > 0; end = last[end]->begin)
      counts[last[end]->piece] += word.count;
  }
  return counts;
}

void UnigramLattices::renumber(const std::vector<std::uint32_t>& numbers) {
  std::size_t kept = 0;
  for (Word& word : words_) {
    const std::size_t first = kept;
    for (std::size_t i = word.first; i < word.last; ++i) {
      Edge edge = edges_[i];
      edge.piece = numbers[edge.piece];
      // A character always has a way: as an unknown one.
      if (edge.piece != 0 || edge.length == 1) edges_[kept++] = edge;
    }
    word.first = first;
    word.last = kept;
  }
  edges_.resize(kept);
}

}  // namespace attune::text
