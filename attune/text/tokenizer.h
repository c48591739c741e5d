// Text to token ids and back. A tokenizer is a pipeline, as in Hugging Face's tokenizers: added tokens are
// found first; what stands between them is normalised, divided into pieces and encoded piece by piece by a
// model; a post-processor adds the tokens of the format; a decoder makes text of tokens.
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
#include "attune/text/decoders/decoder.h"
#include "attune/text/encoding.h"
#include "attune/text/models/model.h"
#include "attune/text/normalizers/normalizer.h"
#include "attune/text/post_processors/post_processor.h"
#include "attune/text/pre_tokenizers/pre_tokenizer.h"

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

// The stages of a tokenizer. All but the model may be missing: text then stays as it is, is one piece, gets
// no tokens of the format; tokens without a decoder have blanks between them.
struct Pipeline {
  std::unique_ptr<const Normalizer> normalizer = nullptr;
  std::unique_ptr<const PreTokenizer> pre_tokenizer = nullptr;
  std::unique_ptr<const Model> model;
  std::unique_ptr<const PostProcessor> post_processor = nullptr;
  std::unique_ptr<const Decoder> decoder = nullptr;
};

// What tokenizer.json says of the length of encodings. It is kept, and applied by whoever asks for it.
struct StoredLengths {
  std::optional<Truncation> truncation = std::nullopt;
  std::optional<Padding> padding = std::nullopt;
};

class Tokenizer {
 public:
  // Added tokens may be in the vocabulary of the model or have ids of their own.
  Tokenizer(Pipeline pipeline, AddedTokens added, SpecialTokens special, StoredLengths lengths = {});

  // "characters", "byte-level BPE", "WordPiece".
  std::string_view kind() const;
  // Number of ids: 0 to vocab_size() - 1.
  std::int64_t vocab_size() const { return static_cast<std::int64_t>(tokens_.size()); }
  const SpecialTokens& special() const { return special_; }
  const StoredLengths& lengths() const { return lengths_; }

  // The ids of a text, without those of the post-processor. Added tokens are recognised wherever they occur.
  // Text that is not UTF-8 is read as replace_invalid_utf8() has it, but byte-level BPE takes any bytes.
  // Throws EncodeError.
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

  // The text of tokens, valid UTF-8 or, of byte-level BPE, not; with `skip_special`, special tokens are left
  // out. Throws Error for an id out of range.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special = false) const;

  // Whether the text of tokens is that of each, side by side.
  bool decodes_by_token() const { return joins_; }

  // The bytes of one token. Throws Error for an id out of range.
  const std::string& id_to_token(std::int32_t id) const;
  std::optional<std::int32_t> token_to_id(std::string_view token) const;
  bool is_special(std::int32_t id) const { return special_ids_[static_cast<std::size_t>(id)]; }

  // The first position at or after `from` where the text can be divided so that the ids of both parts are
  // those of the whole; text.size() when there is none.
  std::size_t find_cut(std::string_view text, std::size_t from) const;

  // What tokenizer.json holds.
  nlohmann::ordered_json to_json() const;

  // The same with these special tokens, which get the ids behind the others where there are none of that
  // name; and with that padding token, where there was none. This one is used up.
  std::unique_ptr<Tokenizer> with_special_tokens(std::span<const std::string> contents,
                                                 std::string_view padding) &&;

 private:
  // Calls added(token, where, text) and pieces(text) for the parts of a text in order.
  template <typename Added, typename Pieces>
  void for_each_part(std::string_view text, Added added, Pieces pieces) const;
  template <typename Added, typename Pieces>
  void for_each_normalized_part(AlignedText text, Added added, Pieces pieces) const;
  void pre_tokenize(PreTokenizedText& text) const;
  bool takes_any_bytes() const;
  void encode_ids(std::string_view text, std::vector<std::int32_t>& ids) const;
  Encoding encode_part(std::string_view text, std::int32_t sequence) const;
  Encoding encode_valid(std::string_view text, std::int32_t sequence) const;
  Encoding finish(std::vector<Encoding> texts, const EncodeOptions& options) const;
  nlohmann::ordered_json vocabulary_json() const;

  Pipeline pipeline_;
  AddedTokens added_;
  AddedTokens verbatim_, normalized_;  // Of the added ones, those that are found in text as it is, and in
                                       // normalised text, as they stand there.
  SpecialTokens special_;
  StoredLengths lengths_;
  // By id. Of an id that is not in use, tokens are empty. Decoders get added tokens as `decoded_` has them.
  std::vector<const std::string*> tokens_;
  std::vector<std::string_view> decoded_;
  std::vector<bool> special_ids_, added_ids_;
  std::vector<std::string> decoded_added_;
  bool joins_;
};

// `path` is a directory or the file in it. Reads tokenizer.json, with tokenizer_config.json for the special
// tokens; without it, what older directories hold: vocab.json and merges.txt (GPT-2, RoBERTa), vocab.txt
// (BERT), spiece.model (T5, ALBERT). "truncation" and "padding" of tokenizer.json stand in lengths() and are
// not applied: as in transformers, whoever encodes says what they are. Throws Error that names the file and
// what in it is wrong or not supported.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

// Writes tokenizer.json and tokenizer_config.json, which Hugging Face's AutoTokenizer opens.
// `model_max_length` is the context of the model; `token_types`: whether it tells the texts of a pair apart,
// which transformers' tokenizer must be told to say.
void save_tokenizer(const Tokenizer& tokenizer, const std::filesystem::path& directory,
                    std::int64_t model_max_length, bool token_types = false);

}  // namespace attune::text
