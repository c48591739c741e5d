// Text to token ids and back. A tokenizer is a pipeline, as in Hugging Face's tokenizers: added tokens are
// found first, a pre-tokenizer divides what stands between them into pieces, a model encodes each piece.
// Encoding is const and may run on several threads at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/error.h"
#include "attune/text/added_tokens.h"
#include "attune/text/encoding.h"
#include "attune/text/models/model.h"
#include "attune/text/pre_tokenizers/pre_tokenizer.h"
#include "attune/text/vocabulary.h"

namespace attune::text {

// The token that ends a document, by GPT-2's name for it.
inline constexpr std::string_view kEndOfText = "<|endoftext|>";

struct SpecialTokens {
  std::optional<std::int32_t> bos, eos, unk, pad;
  std::optional<std::int32_t> cls = std::nullopt, sep = std::nullopt, mask = std::nullopt;
};

struct EncodeOptions {
  bool add_special_tokens = true;                       // Those of the post-processor: [CLS], </s>.
  std::optional<Truncation> truncation = std::nullopt;  // None: texts stay as long as they are.
};

// Text that cannot be encoded: invalid UTF-8 or an unknown character where a model of characters has no token
// for it. The message says where; offset() and reason() are for who knows the text around.
class EncodeError : public Error {
 public:
  EncodeError(std::string reason, std::size_t line, std::size_t offset);
  const std::string& reason() const { return reason_; }
  std::size_t line() const { return line_; }      // From 1.
  std::size_t offset() const { return offset_; }  // In bytes from the beginning of the text.

 private:
  std::string reason_;
  std::size_t line_, offset_;
};

class Tokenizer {
 public:
  // `vocabulary` holds the tokens of the model and the added ones. With `ends_text`, tokenizer.json has
  // Hugging Face's tokenizer append eos to every text, as an encoder-decoder reads it; encode() gives the
  // text alone.
  Tokenizer(std::unique_ptr<const PreTokenizer> pre_tokenizer, std::unique_ptr<const Model> model,
            std::shared_ptr<const Vocabulary> vocabulary, AddedTokens added, SpecialTokens special,
            bool ends_text = false);

  // "characters" or "byte-level BPE".
  std::string_view kind() const { return model_->kind(); }
  // Number of ids: 0 to vocab_size() - 1.
  std::int64_t vocab_size() const { return vocabulary_->size(); }
  const SpecialTokens& special() const { return special_; }

  // Added tokens are recognised wherever they occur. Throws EncodeError.
  std::vector<std::int32_t> encode(std::string_view text) const;

  // What a model reads: the tokens of one text or two, with where they stand in the text and, unless the
  // options say otherwise, what the post-processor adds to them. Of windows that truncation cuts off, see
  // Encoding::overflowing. Throw EncodeError, and Error where the options do not fit the text.
  Encoding encode_single(std::string_view text, const EncodeOptions& options = {}) const;
  Encoding encode_pair(std::string_view first, std::string_view second,
                       const EncodeOptions& options = {}) const;
  // A text that is divided into words, as for tagging them (is_split_into_words in transformers): each is a
  // text of its own for the pipeline, word_ids say which one a token is of, and offsets are those in the
  // word.
  Encoding encode_words(std::span<const std::string> words, const EncodeOptions& options = {}) const;
  // How many tokens the post-processor adds to one text or to a pair.
  std::size_t added_special_tokens(bool pair) const;

  // The bytes of the tokens, valid UTF-8 or not; with `skip_special`, those of special tokens are left out.
  // Throws Error for an id out of range.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special = false) const;

  // The bytes of one token. Throws Error for an id out of range.
  const std::string& id_to_token(std::int32_t id) const;
  std::optional<std::int32_t> token_to_id(std::string_view token) const;
  bool is_special(std::int32_t id) const { return special_ids_[static_cast<std::size_t>(id)]; }

  // The first position at or after `from` where the text can be divided so that the ids of both parts are
  // those of the whole; text.size() when there is none.
  std::size_t find_cut(std::string_view text, std::size_t from) const;

  // What tokenizer.json holds.
  nlohmann::ordered_json to_json() const;

 private:
  std::unique_ptr<const PreTokenizer> pre_tokenizer_;
  std::unique_ptr<const Model> model_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  AddedTokens added_;
  SpecialTokens special_;
  bool ends_text_;
  std::vector<bool> special_ids_;
};

// Reads tokenizer.json (with tokenizer_config.json for the special tokens) or GPT-2's vocab.json and
// merges.txt. Throws Error that names the file and what in it is wrong or not supported.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& directory);

// Writes tokenizer.json and tokenizer_config.json, which Hugging Face's AutoTokenizer opens.
// `model_max_length` is the context of the model.
void save_tokenizer(const Tokenizer& tokenizer, const std::filesystem::path& directory,
                    std::int64_t model_max_length);

}  // namespace attune::text
