// Bytes as text (RFC 4648, section 4): how tokenizer.json holds a charsmap.
#pragma once

#include <string>
#include <string_view>

namespace attune::text {

std::string encode_base64(std::string_view bytes);
// Throws Error for what is not base64 with its padding.
std::string decode_base64(std::string_view text);

}  // namespace attune::text
