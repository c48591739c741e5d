#include "attune/text/trainers/substrings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "attune/text/normalizers/characters_of.h"

namespace attune::text {
namespace {

constexpr char32_t kEnd = 0;  // Stands after every word; no word has it.

std::u32string join(const WordCounts& words) {
  std::u32string flat;
  for (const auto& [word, count] : words) {
    for_each_character(word, [&](char32_t c, std::size_t) { flat += c; });
    flat += kEnd;
  }
  return flat;
}

std::string utf8(std::u32string_view text) {
  std::string bytes;
  for (const char32_t c : text) append_utf8(c, bytes);
  return bytes;
}

// Where the suffixes of words begin, sorted by their first `depth` characters.
class SuffixArray {
 public:
  SuffixArray(const std::u32string& flat, std::size_t depth) : flat_(flat), depth_(depth) {
    for (std::size_t begin = 0; begin < flat.size(); ++begin) {
      if (flat[begin] != kEnd) suffixes_.push_back({key_at(begin), static_cast<std::uint32_t>(begin)});
    }
    std::sort(suffixes_.begin(), suffixes_.end(), [this](const Suffix& a, const Suffix& b) {
      return a.key != b.key ? a.key < b.key : rest_of(a) < rest_of(b);
    });
  }

  std::size_t size() const { return suffixes_.size(); }
  std::uint32_t operator[](std::size_t i) const { return suffixes_[i].begin; }

  // How many characters two neighbours have in common, up to the depth; the end of a word is one of them.
  std::size_t common(std::size_t i) const {
    const char32_t *a = flat_.data() + suffixes_[i].begin, *b = flat_.data() + suffixes_[i + 1].begin;
    std::size_t length = 0;
    while (length < depth_ && a[length] == b[length]) {
      if (a[length++] == kEnd) break;
    }
    return length;
  }

 private:
  static constexpr std::size_t kKeyLength = 3;  // Of 21 bits: what most comparisons need is at hand.
  struct Suffix {
    std::uint64_t key;
    std::uint32_t begin;
  };

  std::uint64_t key_at(std::size_t begin) const {
    std::uint64_t key = 0;
    bool ended = false;
    for (std::size_t i = 0; i < kKeyLength; ++i) {
      ended = ended || flat_[begin + i] == kEnd;
      key = key << 21 | (ended ? kEnd : flat_[begin + i]);
    }
    return key;
  }

  std::u32string_view rest_of(const Suffix& suffix) const {
    std::size_t end = suffix.begin;
    while (end < suffix.begin + depth_ && flat_[end] != kEnd) ++end;
    const std::size_t begin = std::min(end, suffix.begin + kKeyLength);
    return std::u32string_view(flat_).substr(begin, end - begin);
  }

  const std::u32string& flat_;
  std::size_t depth_;
  std::vector<Suffix> suffixes_;
};

struct Substring {
  std::uint64_t score;
  std::u32string_view text;
};

// The inner nodes of the suffix tree that are 2 to `max_length` deep and do not reach beyond a word.
std::vector<Substring> repeated_substrings(const std::u32string& flat, std::size_t max_length) {
  const SuffixArray suffixes(flat, max_length + 1);
  struct Open {
    std::size_t depth, first;
  };
  std::vector<Substring> found;
  std::vector<Open> open;
  for (std::size_t i = 0; i < suffixes.size(); ++i) {
    const std::size_t common = i + 1 < suffixes.size() ? suffixes.common(i) : 0;
    std::size_t first = i;
    while (!open.empty() && open.back().depth > common) {
      const auto [depth, begin] = open.back();
      open.pop_back();
      first = begin;
      const std::u32string_view text(flat.data() + suffixes[begin], depth);
      if (depth >= 2 && depth <= max_length && text.back() != kEnd)
        found.push_back({(i + 1 - begin) * depth, text});
    }
    if (common > 0 && (open.empty() || open.back().depth < common)) open.push_back({common, first});
  }
  return found;
}

}  // namespace

ScoredEntries seed_pieces(const WordCounts& words, std::size_t max_length, std::size_t most) {
  std::map<char32_t, std::int64_t> characters;
  for (const auto& [word, count] : words) {
    for_each_character(word, [&, n = count](char32_t c, std::size_t) { characters[c] += n; });
  }
  std::vector<std::pair<std::int64_t, char32_t>> by_count;
  for (const auto& [c, count] : characters) by_count.emplace_back(count, c);
  std::sort(by_count.rbegin(), by_count.rend());

  const std::u32string flat = join(words);
  std::vector<Substring> substrings = repeated_substrings(flat, max_length);
  std::sort(substrings.begin(), substrings.end(), [](const Substring& a, const Substring& b) {
    return a.score != b.score ? a.score > b.score : a.text > b.text;
  });

  ScoredEntries pieces;
  for (const auto& [count, c] : by_count)
    pieces.emplace_back(utf8(std::u32string_view(&c, 1)), static_cast<double>(count));
  for (const Substring& substring : substrings) {
    if (pieces.size() >= most) break;
    pieces.emplace_back(utf8(substring.text), static_cast<double>(substring.score));
  }
  double sum = 0;
  for (const auto& [piece, score] : pieces) sum += score;
  for (auto& [piece, score] : pieces) score = std::log(score) - std::log(sum);
  return pieces;
}

}  // namespace attune::text
