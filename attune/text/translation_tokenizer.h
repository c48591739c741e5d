// Sentences to the ids of an encoder-decoder and back. Source and target share one vocabulary, but not always
// the rules that cut a sentence into tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/tokenizer.h"

namespace attune::text {

class TranslationTokenizer {
 public:
  virtual ~TranslationTokenizer() = default;

  // For the user: "byte-level BPE", "SentencePiece Unigram".
  virtual std::string_view kind() const = 0;
  // Number of ids: 0 to vocab_size() - 1.
  virtual std::int64_t vocab_size() const = 0;
  // eos, pad and, but for byte-level BPE, unk are always there.
  virtual const SpecialTokens& special() const = 0;
  virtual bool is_special(std::int32_t id) const = 0;

  // The ids of a sentence, eos last: what the encoder reads and what the decoder learns to write. Text that
  // is empty is eos alone. Throw EncodeError.
  virtual std::vector<std::int32_t> encode_source(std::string_view sentence) const = 0;
  virtual std::vector<std::int32_t> encode_target(std::string_view sentence) const = 0;

  // A translation as text, valid UTF-8, without its special tokens. Throws Error for an id out of range.
  virtual std::string decode_target(std::span<const std::int32_t> ids) const = 0;
  // One token as it stands in the vocabulary: what a picture writes on its axes.
  virtual const std::string& id_to_token(std::int32_t id) const = 0;

  // Writes the files that load_translation_tokenizer() and Hugging Face's AutoTokenizer open.
  virtual void save(const std::filesystem::path& directory, std::int64_t model_max_length) const = 0;
};

// One tokenizer for both sides. Throws Error when it has no eos or pad token.
std::unique_ptr<TranslationTokenizer> share_tokenizer(std::unique_ptr<const Tokenizer> tokenizer);

// By the files that a directory holds: tokenizer.json is one tokenizer for both sides; source.spm, target.spm
// and vocab.json are Marian's. Throws Error that names the file and what in it is wrong or not supported.
std::unique_ptr<TranslationTokenizer> load_translation_tokenizer(const std::filesystem::path& directory);

}  // namespace attune::text
