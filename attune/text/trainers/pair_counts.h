// What training by merging pairs counts (Sennrich et al. 2016, 1508.07909, algorithm 1): BPE and WordPiece.
#pragma once

#include <cstdint>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

namespace attune::text {

// The words of the text as tokens, and how often each pair of neighbours occurs in them.
class PairCounts {
 public:
  using Pair = std::pair<std::int32_t, std::int32_t>;

  void add_word(const std::vector<std::int32_t>& tokens, std::int64_t count) {
    const auto word = static_cast<std::uint32_t>(words_.size());
    words_.push_back({tokens, count});
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) change({tokens[i], tokens[i + 1]}, word, count);
  }

  // Puts pairs whose count has grown since the last call among the candidates of pop().
  void collect() {
    for (const std::uint64_t key : grown_) candidates_.push({pairs_.at(key).count, pair_of(key)});
    grown_.clear();
  }

  // The most frequent pair, of equal ones the lowest; its count is 0 when there is none. A candidate's count
  // may be out of date: counts only fall while it waits, so it goes back with the true one.
  std::pair<Pair, std::int64_t> pop() {
    while (!candidates_.empty()) {
      Candidate candidate = candidates_.top();
      candidates_.pop();
      const std::int64_t count = pairs_.at(key_of(candidate.pair)).count;
      if (count == candidate.count) return {candidate.pair, count};
      candidate.count = count;
      if (count > 0) candidates_.push(candidate);
    }
    return {{0, 0}, 0};
  }

  // Makes `id` of the pair in every word.
  void merge(Pair pair, std::int32_t id) {
    const std::vector<std::uint32_t> places = std::exchange(pairs_.at(key_of(pair)).words, {});
    for (const std::uint32_t word : places) merge_in_word(word, pair, id);
  }

 private:
  struct Word {
    std::vector<std::int32_t> tokens;
    std::int64_t count;
  };
  struct PairInfo {
    std::int64_t count = 0;
    std::vector<std::uint32_t> words;  // Where it occurs, or did.
  };
  struct Candidate {
    std::int64_t count;
    Pair pair;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  static std::uint64_t key_of(Pair pair) {
    return std::uint64_t{static_cast<std::uint32_t>(pair.first)} << 32 |
           static_cast<std::uint32_t>(pair.second);
  }
  static Pair pair_of(std::uint64_t key) {
    return {static_cast<std::int32_t>(key >> 32), static_cast<std::int32_t>(key & 0xFFFFFFFF)};
  }

  void change(Pair pair, std::uint32_t word, std::int64_t count) {
    PairInfo& info = pairs_[key_of(pair)];
    info.count += count;
    if (count < 0) return;
    if (info.words.empty() || info.words.back() != word) info.words.push_back(word);
    if (grown_.empty() || grown_.back() != key_of(pair)) grown_.push_back(key_of(pair));
  }

  void merge_in_word(std::uint32_t index, Pair pair, std::int32_t id) {
    auto& [tokens, count] = words_[index];
    std::size_t end = 0;  // Tokens before it are as they will be.
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (i + 1 == tokens.size() || tokens[i] != pair.first || tokens[i + 1] != pair.second) {
        tokens[end++] = tokens[i];
        continue;
      }
      change(pair, index, -count);
      if (end > 0) {
        change({tokens[end - 1], pair.first}, index, -count);
        change({tokens[end - 1], id}, index, count);
      }
      if (i + 2 < tokens.size()) {
        change({pair.second, tokens[i + 2]}, index, -count);
        change({id, tokens[i + 2]}, index, count);
      }
      tokens[end++] = id;
      ++i;
    }
    tokens.resize(end);
  }

  std::vector<Word> words_;
  std::unordered_map<std::uint64_t, PairInfo> pairs_;
  std::vector<std::uint64_t> grown_;
  std::priority_queue<Candidate> candidates_;
};

}  // namespace attune::text
