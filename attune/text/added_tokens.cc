#include "attune/text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"

namespace attune::text {

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::sort(tokens_.begin(), tokens_.end(), [](const AddedToken& a, const AddedToken& b) {
    return std::pair(b.content.size(), a.content) < std::pair(a.content.size(), b.content);
  });
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const std::string& content = tokens_[i].content;
    check(!content.empty(), "added token {} is empty", tokens_[i].id);
    check(i == 0 || content != tokens_[i - 1].content, "added token \"{}\" has two ids, {} and {}", content,
          tokens_[i].id, i == 0 ? 0 : tokens_[i - 1].id);
    begins_[static_cast<unsigned char>(content[0])] = true;
  }
}

const AddedToken* AddedTokens::find_id(std::int32_t id) const {
  const auto found =
      std::find_if(tokens_.begin(), tokens_.end(), [&](auto& token) { return token.id == id; });
  return found == tokens_.end() ? nullptr : &*found;
}

const AddedToken* AddedTokens::find_content(std::string_view content) const {
  const auto found =
      std::find_if(tokens_.begin(), tokens_.end(), [&](auto& token) { return token.content == content; });
  return found == tokens_.end() ? nullptr : &*found;
}

AddedTokens::Match AddedTokens::find(std::string_view text, std::size_t from) const {
  if (tokens_.empty()) return {text.size(), text.size(), nullptr};
  for (std::size_t at = from; at < text.size(); ++at) {
    if (!begins_[static_cast<unsigned char>(text[at])]) continue;
    for (const AddedToken& token : tokens_) {
      if (text.compare(at, token.content.size(), token.content) == 0) {
        return {at, at + token.content.size(), &token};
      }
    }
  }
  return {text.size(), text.size(), nullptr};
}

bool AddedTokens::covers(std::string_view text, std::size_t position) const {
  for (const AddedToken& token : tokens_) {
    const std::size_t size = token.content.size();
    for (std::size_t before = 1; before < size && before <= position; ++before) {
      if (text.compare(position - before, size, token.content) == 0) return true;
    }
  }
  return false;
}

}  // namespace attune::text
