// Learns a byte-level BPE vocabulary (Sennrich et al. 2016, 1508.07909, algorithm 1): again and again, the
// most frequent pair of neighbouring tokens becomes a token of its own. Of pairs that are equally frequent
// the one with the lower ids goes first, as in Hugging Face's BpeTrainer, whose vocabularies these equal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/text/added_tokens.h"
#include "attune/text/tokenizer.h"

namespace attune::text {

class BpeTrainer {
 public:
  // Special tokens by name, "" for none. Those of the same name are one token.
  struct SpecialNames {
    std::string bos{kEndOfText}, eos{kEndOfText}, unk, pad;
  };
  struct Options {
    // Ids in all: the 256 bytes, the merges, the special tokens last. At least 256 and these. A small text
    // may give fewer.
    std::int64_t vocab_size;
    std::int64_t min_frequency = 2;  // Rarer pairs are not merged.
    SpecialNames special = {};
    bool ends_text = false;  // Hugging Face's tokenizer shall append eos to every text.
  };
  // Throws UsageError for a vocabulary without room for the bytes.
  explicit BpeTrainer(Options options);

  // Counts the words of a text. A special token in it is no word.
  void add(std::string_view text);

  std::unique_ptr<Tokenizer> train() const;

 private:
  struct Hash {
    using is_transparent = void;  // Looks up a view without making a string of it.
    std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
  };

  // The ids and names of the special tokens, when the others take ids up to `first`.
  std::vector<AddedToken> special_tokens(std::int32_t first) const;

  Options options_;
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> words_;
};

}  // namespace attune::text
