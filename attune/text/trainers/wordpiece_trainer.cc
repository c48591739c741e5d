#include "attune/text/trainers/wordpiece_trainer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <vector>

#include "attune/text/normalizers/characters_of.h"
#include "attune/text/older_tokenizers.h"
#include "attune/text/pre_tokenizers/bert_pre_tokenizer.h"
#include "attune/text/trainers/pair_counts.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

constexpr std::string_view kPrefix = "##";
constexpr const char* kSpecial[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

// Tokens by id, and the way back.
class Tokens {
 public:
  std::int32_t add(const std::string& token) {
    const auto [place, is_new] = ids_.emplace(token, static_cast<std::int32_t>(tokens_.size()));
    if (is_new) tokens_.push_back(token);
    return place->second;
  }
  const std::string& operator[](std::int32_t id) const { return tokens_[static_cast<std::size_t>(id)]; }
  std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }
  const std::vector<std::string>& all() const { return tokens_; }

 private:
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, std::int32_t> ids_;
};

}  // namespace

WordPieceTrainer::WordPieceTrainer(const Options& options)
    : options_(options), normalizer_(BertNormalizer::Options{.lowercase = options.lowercase}) {
  if (options_.vocab_size <= static_cast<std::int64_t>(std::size(kSpecial))) {
    fail_usage("a WordPiece vocabulary of {} is too small, expected more than the {} special tokens",
               options_.vocab_size, std::size(kSpecial));
  }
}

void WordPieceTrainer::add(std::string_view text) {
  const std::string valid = replace_invalid_utf8(text);
  AlignedText aligned(valid, 0, valid.size());
  normalizer_.normalize(aligned);
  const std::size_t size = aligned.view().size();
  if (size == 0) return;
  PreTokenizedText divided{std::move(aligned), {{0, size}}};
  BertPreTokenizer().pre_tokenize(divided);
  for (const auto& [begin, end] : divided.pieces) {
    const std::string_view word = divided.text.view().substr(begin, end - begin);
    if (const auto found = words_.find(word); found != words_.end()) {
      ++found->second;
    } else {
      words_.emplace(word, 1);
    }
  }
}

std::unique_ptr<Tokenizer> WordPieceTrainer::train() const {
  check(!words_.empty(), "a WordPiece vocabulary needs text to be learned from");
  Tokens tokens;
  for (const char* name : kSpecial) tokens.add(name);
  std::set<char32_t> alphabet;
  for (const auto& [word, count] : words_) {
    for_each_character(word, [&](char32_t c, std::size_t) { alphabet.insert(c); });
  }
  for (const char32_t c : alphabet) {
    std::string character;
    append_utf8(c, character);
    tokens.add(character);
  }
  PairCounts counts;
  for (const auto& entry : words_) {
    const std::string& word = entry.first;  // clang 14 captures no structured bindings
    std::vector<std::int32_t> ids;
    std::size_t begin = 0;
    for_each_character(word, [&](char32_t, std::size_t end) {
      ids.push_back(tokens.add((begin > 0 ? std::string(kPrefix) : "") + word.substr(begin, end - begin)));
      begin = end;
    });
    counts.add_word(ids, entry.second);
  }
  while (tokens.size() < options_.vocab_size) {
    counts.collect();
    const auto [pair, count] = counts.pop();
    if (count < std::max<std::int64_t>(1, options_.min_frequency)) break;
    counts.merge(pair, tokens.add(tokens[pair.first] + tokens[pair.second].substr(kPrefix.size())));
  }
  std::string lines;
  for (const std::string& token : tokens.all()) lines += token + "\n";
  return make_bert_tokenizer(lines, {{"do_lower_case", options_.lowercase}});
}

}  // namespace attune::text
