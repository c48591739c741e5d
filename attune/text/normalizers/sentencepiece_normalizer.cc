#include "attune/text/normalizers/sentencepiece_normalizer.h"

#include <utility>

#include "attune/text/models/piece_table.h"

namespace attune::text {

SentencePieceNormalizer::SentencePieceNormalizer(CharsMap rules, Options options,
                                                 std::shared_ptr<const PieceTrie> user_defined)
    : rules_(std::move(rules)), options_(options), user_defined_(std::move(user_defined)) {
  for (std::size_t byte = 0; byte < plain_.size(); ++byte) {
    const char c = static_cast<char>(byte);
    plain_[byte] = c != ' ' && rules_.keeps(c) && !(user_defined_ && user_defined_->begins(c));
  }
}

CharsMap::Prefix SentencePieceNormalizer::map_prefix(std::string_view text) const {
  if (user_defined_) {
    if (const std::size_t length = user_defined_->longest_prefix(text); length > 0) {
      return {text.substr(0, length), length};
    }
  }
  return rules_.map_prefix(text);
}

// Length of what can be copied as it is.
std::size_t SentencePieceNormalizer::plain_run(std::string_view text) const {
  std::size_t length = 0;
  while (length + 1 < text.size() && plain_[static_cast<unsigned char>(text[length])] &&
         static_cast<unsigned char>(text[length + 1]) < 128) {
    ++length;
  }
  return length;
}

std::string SentencePieceNormalizer::normalize(std::string_view text) const {
  const bool remove_extra = options_.remove_extra_whitespaces;
  while (remove_extra && !text.empty()) {
    const CharsMap::Prefix prefix = map_prefix(text);
    if (prefix.text != " ") break;
    text.remove_prefix(prefix.consumed);
  }
  std::string result;
  if (text.empty()) return result;
  result.reserve(text.size() + text.size() / 2 + kMetaSpace.size());
  const std::string_view space = options_.escape_whitespaces ? kMetaSpace : " ";
  if (options_.add_dummy_prefix && !options_.treat_whitespace_as_suffix) result += space;

  bool after_space = remove_extra;  // Whether a blank here is superfluous.
  while (!text.empty()) {
    if (const std::size_t run = plain_run(text); run > 0) {
      result += text.substr(0, run);
      text.remove_prefix(run);
      after_space = false;
    }
    auto [mapped, consumed] = map_prefix(text);
    while (after_space && mapped.starts_with(' ')) mapped.remove_prefix(1);
    if (!mapped.empty()) {
      for (const char c : mapped) c == ' ' ? result += space : result += c;
      after_space = remove_extra && mapped.ends_with(' ');
    }
    text.remove_prefix(consumed);
  }

  while (remove_extra && result.ends_with(space)) result.erase(result.size() - space.size());
  if (options_.add_dummy_prefix && options_.treat_whitespace_as_suffix) result += space;
  return result;
}

}  // namespace attune::text
