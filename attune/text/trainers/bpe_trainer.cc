#include "attune/text/trainers/bpe_trainer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "attune/text/decoders/byte_level_decoder.h"
#include "attune/text/models/bpe.h"
#include "attune/text/post_processors/byte_level_processing.h"
#include "attune/text/post_processors/template_processing.h"
#include "attune/text/pre_tokenizers/byte_level.h"
#include "attune/text/trainers/pair_counts.h"
#include "attune/text/unicode/byte_alphabet.h"

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
