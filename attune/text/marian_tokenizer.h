// The tokenizer of OPUS-MT models, MarianTokenizer in Hugging Face (transformers 5.23): source and target
// each have a SentencePiece model, and vocab.json numbers the pieces of both.
//
// sacremoses, where it is installed, gives Hugging Face's class a normalizer of punctuation, but nothing
// calls it: with or without it the ids are the same, and there is none here.
#pragma once

#include <array>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "attune/text/added_tokens.h"
#include "attune/text/sentencepiece.h"
#include "attune/text/tokenizer_file.h"
#include "attune/text/translation_tokenizer.h"
#include "attune/text/vocabulary.h"

namespace attune::text {

class MarianTokenizer : public TranslationTokenizer {
 public:
  static constexpr std::array kFiles = {"source.spm", "target.spm", "vocab.json", "tokenizer_config.json",
                                        "special_tokens_map.json"};
  using Files = std::map<std::string, std::string>;  // Name, content.

  // `config` is tokenizer_config.json or null; `files` are those that save() writes. Throws Error for a
  // vocabulary without the special tokens and for settings that are not supported.
  MarianTokenizer(SentencePiece source, SentencePiece target, const VocabEntries& vocab,
                  const nlohmann::json& config, Files files);

  std::string_view kind() const override { return source_.model.kind(); }
  std::int64_t vocab_size() const override { return vocabulary_.size(); }
  const SpecialTokens& special() const override { return special_; }
  bool is_special(std::int32_t id) const override { return special_ids_[static_cast<std::size_t>(id)]; }

  // A code of the target language, ">>fr<<", at the beginning is one token. Of text that is not UTF-8, every
  // wrong byte is read as U+FFFD.
  std::vector<std::int32_t> encode_source(std::string_view sentence) const override;
  std::vector<std::int32_t> encode_target(std::string_view sentence) const override;
  // Without blanks at either end, as in Hugging Face.
  std::string decode_target(std::span<const std::int32_t> ids) const override;
  const std::string& id_to_token(std::int32_t id) const override;

  // Writes the files as they were read.
  void save(const std::filesystem::path& directory, std::int64_t model_max_length) const override;

 private:
  struct Side {
    SentencePiece model;
    std::vector<std::int32_t> ids;  // Of its pieces, in the vocabulary.
  };
  Side make_side(SentencePiece model) const;
  std::vector<std::int32_t> encode(std::string_view sentence, const Side& side) const;
  // Appends the ids of what stands between added tokens.
  void encode_plain(std::string_view text, const Side& side, std::vector<std::int32_t>& ids) const;

  Vocabulary vocabulary_;
  SpecialTokens special_;
  AddedTokens added_;
  std::vector<bool> special_ids_;
  Side source_, target_;
  Files files_;
};

}  // namespace attune::text
