// What --tokenizer asks for.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "attune/text/corpora/text_reader.h"
#include "attune/text/tokenizer.h"
#include "attune/text/translation_tokenizer.h"

namespace attune::text {

// BPE learns from at most so much text; of more, from blocks spread evenly over it. Words that matter are all
// in there, and training stays a matter of seconds.
inline constexpr std::uint64_t kBpeSampleBytes = std::uint64_t{128} << 20;

// `choice` is one of
//   char       the characters of all training and validation files (all of them are read once); <|endoftext|>
//   is
//              added when the training text has several documents: a separator, or several files
//   bpe:SIZE   byte-level BPE of SIZE ids learned from the training files, <|endoftext|> among them
//   wordpiece:SIZE, wordpiece-cased:SIZE   BERT's tokenizer, learned from the training files; in lower case
//   or not
//   unigram:SIZE   a unigram model as SentencePiece's, with XLM-R's special tokens
//   DIR        the tokenizer of a model directory
// Throws UsageError for anything else, Error for files that cannot be used.
std::unique_ptr<Tokenizer> choose_tokenizer(const std::string& choice, const TextFiles& training,
                                            const std::vector<std::filesystem::path>& validation = {});

// Texts to learn from, one after the other; false at the end.
using NextText = std::function<bool(std::string& text)>;

// The same for an encoder, which needs tokens around its texts and one that masks. `choice` is one of
//   wordpiece:SIZE, wordpiece-cased:SIZE   BERT's, learned from the texts; in lower case or not
//   bpe:SIZE   RoBERTa's: byte-level BPE learned from the texts, with <s>, <pad>, </s>, <unk> and <mask>,
//   whose
//              ids are 0 to 4
//   DIR or FILE   the tokenizer of a model directory, or a tokenizer.json, vocab.txt or spiece.model
std::unique_ptr<Tokenizer> choose_encoder_tokenizer(const std::string& choice, const NextText& texts);

// The same for a translation, whose two sides share one vocabulary. `choice` is one of
//   bpe:SIZE   byte-level BPE of SIZE ids learned from both sides of the parallel text, with <s>, </s>, <unk>
//   and
//              <pad>
//   DIR        the tokenizer of a model directory
std::unique_ptr<TranslationTokenizer> choose_translation_tokenizer(
    const std::string& choice, const std::vector<std::filesystem::path>& training);

}  // namespace attune::text
