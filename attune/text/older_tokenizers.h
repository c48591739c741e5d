// Tokenizers of directories without tokenizer.json: the pipelines that transformers 5.23 makes of the files
// that each family had before. `config` is tokenizer_config.json or null.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "attune/text/tokenizer.h"
#include "attune/text/tokenizer_file.h"

namespace attune::text {

// vocab.json and merges.txt. GPT-2's bytes are the usual ones; where tokens end in "</w>" it is that of the
// first GPT, and with <s>, </s> and <mask> RoBERTa's.
std::unique_ptr<Tokenizer> make_bpe_tokenizer(const VocabEntries& vocab, const MergeEntries& merges,
                                              const nlohmann::json& config);

// vocab.txt, a token a line: BERT's. "do_lower_case", "strip_accents" and "tokenize_chinese_chars" count.
std::unique_ptr<Tokenizer> make_bert_tokenizer(std::string_view vocab, const nlohmann::json& config);

// spiece.model: with [CLS] it is ALBERT's ("do_lower_case", "keep_accents"), with </s> T5's ("extra_ids").
std::unique_ptr<Tokenizer> make_sentencepiece_tokenizer(std::string_view model, const nlohmann::json& config);

}  // namespace attune::text
