#include "attune/text/streaming_decoder.h"

#include <utility>

#include "attune/text/unicode/utf8.h"

namespace attune::text {

// As DecodeStream of Hugging Face's tokenizers: the tokens of the last text that came out and those since,
// seen together, give what is new. A text that ends in U+FFFD may be that of half a character.
std::string StreamingDecoder::push_in_context(std::int32_t id) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  ids_.push_back(id);
  const std::string text = replace_invalid_utf8(tokenizer_.decode(ids_, skip_special_));
  if (text.size() <= shown_.size() || text.ends_with(kReplacement) || !text.starts_with(shown_)) return "";
  std::string fresh = text.substr(shown_.size());
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(shown_ids_));
  shown_ids_ = ids_.size();
  shown_ = replace_invalid_utf8(tokenizer_.decode(ids_, skip_special_));
  return fresh;
}

std::string StreamingDecoder::push(std::int32_t id) {
  if (!tokenizer_.decodes_by_token()) return push_in_context(id);
  pending_ += tokenizer_.decode({&id, 1}, skip_special_);
  std::size_t end = 0;
  while (end < pending_.size()) {
    const CodePoint c = decode_code_point(std::string_view(pending_).substr(end));
    if (c.status == CodePoint::Status::incomplete) break;
    end += c.length;
  }
  std::string text = replace_invalid_utf8(std::string_view(pending_).substr(0, end));
  pending_.erase(0, end);
  return text;
}

std::string StreamingDecoder::finish() {
  if (tokenizer_.decodes_by_token()) return replace_invalid_utf8(std::exchange(pending_, {}));
  const std::string text = replace_invalid_utf8(tokenizer_.decode(std::exchange(ids_, {}), skip_special_));
  const std::string shown = std::exchange(shown_, {});
  shown_ids_ = 0;
  return text.starts_with(shown) ? text.substr(shown.size()) : "";
}

}  // namespace attune::text
