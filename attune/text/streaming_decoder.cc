#include "attune/text/streaming_decoder.h"

#include <utility>

#include "attune/text/utf8.h"

namespace attune::text {

std::string StreamingDecoder::push(std::int32_t id) {
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

std::string StreamingDecoder::finish() { return replace_invalid_utf8(std::exchange(pending_, {})); }

}  // namespace attune::text
