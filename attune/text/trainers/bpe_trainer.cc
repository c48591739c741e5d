#include "attune/text/trainers/bpe_trainer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <queue>
#include <utility>
#include <vector>

#include "attune/text/byte_alphabet.h"
#include "attune/text/decoders/byte_level_decoder.h"
#include "attune/text/models/bpe.h"
#include "attune/text/post_processors/byte_level_processing.h"
#include "attune/text/post_processors/template_processing.h"
#include "attune/text/pre_tokenizers/byte_level.h"

namespace attune::text {
namespace {

// Ids of the bytes: as GPT-2 and HF number them, by the character that stands for the byte.
std::vector<std::string> byte_tokens() {
  std::vector<std::pair<char32_t, char>> order;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    order.emplace_back(byte_alphabet()[byte], static_cast<char>(byte));
  }
  std::sort(order.begin(), order.end());
  std::vector<std::string> tokens;
  for (const auto& [character, byte] : order) tokens.emplace_back(1, byte);
  return tokens;
}

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

// The post-processor that appends the token to a text, or to each of two.
std::unique_ptr<const PostProcessor> ending_template(const SpecialToken& end) {
  using T = TemplateProcessing;
  return std::make_unique<T>(
      T::Template{T::first(), T::special(end.token)},
      T::Template{T::first(), T::special(end.token), T::second(1), T::special(end.token, 1)},
      T::Tokens{{end.token, {end}}});
}

}  // namespace

BpeTrainer::BpeTrainer(Options options) : options_(std::move(options)) {
  const std::vector<AddedToken> special = special_tokens(0);
  const auto least = static_cast<std::int64_t>(256 + special.size());
  if (options_.vocab_size < least) {
    std::vector<std::string> names;
    for (const AddedToken& token : special) names.push_back(token.content);
    fail_usage("a BPE vocabulary of {} is too small, expected at least {}: the 256 bytes and {}",
               options_.vocab_size, least, fmt::join(names, " "));
  }
}

std::vector<AddedToken> BpeTrainer::special_tokens(std::int32_t first) const {
  std::vector<AddedToken> tokens;
  const auto& [bos, eos, unk, pad] = options_.special;
  for (const std::string& name : {bos, eos, unk, pad}) {
    const bool known = std::any_of(tokens.begin(), tokens.end(), [&](auto& t) { return t.content == name; });
    if (!name.empty() && !known) tokens.push_back({first++, name});
  }
  return tokens;
}

void BpeTrainer::add(std::string_view text) {
  const AddedTokens special(special_tokens(0));
  const ByteLevel pre_tokenizer;
  for (std::size_t at = 0; at < text.size();) {
    const AddedTokens::Match match = special.find(text, at);
    const std::string_view plain = text.substr(0, match.begin);
    while (at < plain.size()) {
      const std::size_t end = pre_tokenizer.piece_end(plain, at);
      const std::string_view word = plain.substr(at, end - at);
      if (const auto found = words_.find(word); found != words_.end()) {
        ++found->second;
      } else {
        words_.emplace(word, 1);
      }
      at = end;
    }
    at = match.end;
  }
}

std::unique_ptr<Tokenizer> BpeTrainer::train() const {
  std::vector<std::string> tokens = byte_tokens();
  std::unordered_map<std::string, std::int32_t> ids;
  for (const std::string& token : tokens) ids.emplace(token, static_cast<std::int32_t>(ids.size()));

  PairCounts counts;
  std::vector<std::int32_t> word_tokens;
  for (const auto& [word, count] : words_) {
    word_tokens.clear();
    for (const char byte : word) word_tokens.push_back(ids.at(std::string(1, byte)));
    counts.add_word(word_tokens, count);
  }

  std::vector<Merge> merges;
  const std::size_t special_count = special_tokens(0).size();
  while (static_cast<std::int64_t>(tokens.size() + special_count) < options_.vocab_size) {
    counts.collect();
    const auto [pair, count] = counts.pop();
    if (count < std::max<std::int64_t>(1, options_.min_frequency)) break;
    std::string token =
        tokens[static_cast<std::size_t>(pair.first)] + tokens[static_cast<std::size_t>(pair.second)];
    // Two pairs can make the same token, as "aa" "aaa" and "aaaa" "a" do.
    const auto [place, is_new] = ids.emplace(token, static_cast<std::int32_t>(tokens.size()));
    if (is_new) tokens.push_back(std::move(token));
    merges.push_back({pair.first, pair.second, place->second});
    counts.merge(pair, place->second);
  }

  const AddedTokens added(special_tokens(static_cast<std::int32_t>(tokens.size())));
  auto vocabulary = std::make_shared<const Vocabulary>(std::move(tokens));
  const auto id_of = [&](const std::string& name) {
    const AddedToken* token = added.find_content(name);
    return token ? std::optional(token->id) : std::nullopt;
  };
  const SpecialTokens special{id_of(options_.special.bos), id_of(options_.special.eos),
                              id_of(options_.special.unk), id_of(options_.special.pad)};
  const ByteLevel::Options byte_level;
  Pipeline pipeline;
  pipeline.pre_tokenizer = std::make_unique<ByteLevel>(byte_level);
  pipeline.model = std::make_unique<Bpe>(std::move(vocabulary), std::move(merges));
  pipeline.post_processor = std::make_unique<ByteLevelProcessing>(byte_level);
  if (options_.ends_text) {
    check(special.eos.has_value(), "the tokenizer shall append an end to every text and has no eos_token");
    pipeline.post_processor = ending_template({options_.special.eos, *special.eos});
  }
  pipeline.decoder = std::make_unique<ByteLevelDecoder>(byte_level);
  return std::make_unique<Tokenizer>(std::move(pipeline), added, special);
}

}  // namespace attune::text
