// Learns a WordPiece vocabulary as Hugging Face's WordPieceTrainer does: pairs are merged by their frequency
// as for BPE, on characters, those that do not begin a word with "##" before them; of pairs that are equally
// frequent the one with the lower ids goes first. (HF numbers the "##" characters as it comes upon them, in
// another order every time, so its ids, and what wins a tie, change from run to run; here words are sorted.)
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "attune/text/normalizers/bert_normalizer.h"
#include "attune/text/tokenizer.h"

namespace attune::text {

class WordPieceTrainer {
 public:
  struct Options {
    std::int64_t vocab_size;         // Ids in all: [PAD] [UNK] [CLS] [SEP] [MASK], characters, merges.
    std::int64_t min_frequency = 2;  // Rarer pairs are not merged.
    bool lowercase = true;
  };
  // Throws UsageError for a vocabulary without room for the special tokens.
  explicit WordPieceTrainer(const Options& options);

  // Counts the words of a text, normalised and divided as BERT does.
  void add(std::string_view text);

  // BERT's tokenizer with that vocabulary. Characters all have a token, so it may be larger than asked for.
  // Throws Error when no text was added.
  std::unique_ptr<Tokenizer> train() const;

 private:
  Options options_;
  BertNormalizer normalizer_;
  std::map<std::string, std::int64_t, std::less<>> words_;
};

}  // namespace attune::text
