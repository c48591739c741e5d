// What a tokenizer makes of a text or a pair of texts for a model: Hugging Face's Encoding, with its
// truncation and padding (tokenizers, tokenizer/encoding.rs, utils/truncation.rs and utils/padding.rs).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/unicode/offsets.h"

namespace attune::text {

// All fields but `overflowing` have one value a token.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;  // Segment ids: as a rule 0 for the first text, 1 for the second.
  std::vector<std::string> tokens;     // As written in tokenizer.json: "##ing", "Ġthe", "▁Die".
  // Where the token stands in its text, or in its word when the text was given as words; {0, 0} for tokens
  // that the post-processor or padding adds. A token of a part of a character stands where the character
  // does.
  std::vector<Offsets> offsets;
  // The word of the text that the token is of: pieces of the pre-tokenizer, or the words that were given; -1
  // for added tokens of the format. Numbered from 0 in each text.
  std::vector<std::int32_t> word_ids;
  std::vector<std::int32_t> sequence_ids;         // 0 or 1: the first or second text; -1: of neither.
  std::vector<std::int32_t> special_tokens_mask;  // 1 for tokens that the post-processor or padding adds.
  std::vector<std::int32_t> attention_mask;       // 0 for padding.
  // The windows that truncation cut off, each a whole input for the model, in the order of the text.
  std::vector<Encoding> overflowing;

  std::size_t size() const { return ids.size(); }
  void reserve(std::size_t tokens);
  // Appends a token of attention 1.
  void push_back(std::int32_t id, std::int32_t type_id, std::string token, Offsets where,
                 std::int32_t word_id, std::int32_t sequence_id, bool special);
  // Appends the tokens of another, and every combination with its overflowing windows and ours.
  void append(const Encoding& other);
  // Tokens [begin, end), without overflowing ones.
  Encoding slice(std::size_t begin, std::size_t end) const;
};

// Offsets counted in characters (Unicode code points), as Hugging Face's Python gives them, of offsets in
// bytes of `text`. Bytes that are not UTF-8 count as U+FFFD does in replace_invalid_utf8().
std::vector<Offsets> character_offsets(std::string_view text, std::span<const Offsets> offsets);

struct Truncation {
  enum class Strategy {
    longest_first,  // Token by token from the longer text.
    only_first,
    only_second,
  };
  enum class Side { right, left };  // Where the text is cut.

  std::size_t max_length;  // Of the whole input, the tokens that the post-processor adds among it.
  Strategy strategy = Strategy::longest_first;
  std::size_t stride = 0;  // Tokens that neighbouring windows of a text share.
  Side side = Side::right;
};

// Cuts one encoding to `max_length` tokens; what is cut off goes to `overflowing` in windows of that length.
// Throws Error for a stride that is not below `max_length`.
void truncate(Encoding& encoding, std::size_t max_length, std::size_t stride = 0,
              Truncation::Side side = Truncation::Side::right);

// Cuts one encoding (`second` is nullptr) or two to `max_length` together. They are those of the texts alone:
// Tokenizer::encode_single() and encode_pair() do this before the post-processor adds its tokens. Throws
// Error when the text to cut is too short or missing.
void truncate(Encoding& first, Encoding* second, const Truncation& truncation);

struct Padding {
  enum class Side { right, left };

  std::int32_t id = 0, type_id = 0;
  std::string token = "[PAD]";
  Side side = Side::right;
  std::optional<std::size_t> length = std::nullopt;  // Of all; else the longest of the batch.
  std::size_t multiple_of = 1;                       // The length is rounded up to a multiple of it.
};

// Brings all encodings, and their overflowing ones, to one length; none is cut.
void pad(std::span<Encoding> encodings, const Padding& padding);

}  // namespace attune::text
