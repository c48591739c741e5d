#include "attune/text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/unicode/unicode.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

std::vector<AddedToken> sorted_by_id(std::vector<AddedToken> tokens) {
  std::stable_sort(tokens.begin(), tokens.end(), [](auto& a, auto& b) { return a.id < b.id; });
  return tokens;
}

PieceTrie make_trie(const std::vector<AddedToken>& tokens) {
  std::vector<std::pair<std::string_view, std::int32_t>> contents;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    check(!tokens[i].content.empty(), "added token {} is empty", tokens[i].id);
    contents.emplace_back(tokens[i].content, static_cast<std::int32_t>(i));
  }
  std::sort(contents.begin(), contents.end());
  for (std::size_t i = 1; i < contents.size(); ++i) {
    check(contents[i].first != contents[i - 1].first, "added token \"{}\" has two ids, {} and {}",
          contents[i].first, tokens[static_cast<std::size_t>(contents[i - 1].second)].id,
          tokens[static_cast<std::size_t>(contents[i].second)].id);
  }
  return PieceTrie(std::move(contents));
}

// Where the character that ends at `end` begins.
std::size_t character_begin(std::string_view text, std::size_t end) {
  std::size_t begin = end - 1;
  while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return begin;
}

std::size_t blanks_begin(std::string_view text, std::size_t from, std::size_t end) {
  while (end > from) {
    const std::size_t begin = character_begin(text, end);
    if (begin < from || !is_whitespace(decode_code_point(text.substr(begin)).value)) break;
    end = begin;
  }
  return end;
}

std::size_t blanks_end(std::string_view text, std::size_t begin) {
  while (begin < text.size()) {
    const CodePoint c = decode_code_point(text.substr(begin));
    if (!is_whitespace(c.value)) break;
    begin += c.length;
  }
  return begin;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(sorted_by_id(std::move(tokens))), trie_(make_trie(tokens_)) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    ids_.emplace(tokens_[i].id, i);
    begins_[static_cast<unsigned char>(tokens_[i].content[0])] = true;
  }
}

const AddedToken* AddedTokens::find_id(std::int32_t id) const {
  const auto found = ids_.find(id);
  return found == ids_.end() ? nullptr : &tokens_[found->second];
}

const AddedToken* AddedTokens::find_content(std::string_view content) const {
  const PieceTrie::Match match = trie_.longest_match(content);
  const bool found = match.length > 0 && match.length == content.size();
  return found ? &tokens_[static_cast<std::size_t>(match.value)] : nullptr;
}

bool AddedTokens::is_word_by_itself(std::string_view text, std::size_t begin, std::size_t end) const {
  const bool begins =
      begin == 0 || !is_word(decode_code_point(text.substr(character_begin(text, begin))).value);
  return begins && (end == text.size() || !is_word(decode_code_point(text.substr(end)).value));
}

AddedTokens::Match AddedTokens::find(std::string_view text, std::size_t from) const {
  if (tokens_.empty()) return {text.size(), text.size(), nullptr};
  for (std::size_t at = from; at < text.size(); ++at) {
    if (!begins_[static_cast<unsigned char>(text[at])]) continue;
    const PieceTrie::Match match = trie_.longest_match(text.substr(at));
    if (match.length == 0) continue;
    const AddedToken& token = tokens_[static_cast<std::size_t>(match.value)];
    const std::size_t end = at + match.length;
    if (token.single_word && !is_word_by_itself(text, at, end)) {
      at = end - 1;
      continue;
    }
    return {token.lstrip ? blanks_begin(text, from, at) : at, token.rstrip ? blanks_end(text, end) : end,
            &token};
  }
  return {text.size(), text.size(), nullptr};
}

bool AddedTokens::covers(std::string_view text, std::size_t position) const {
  for (const AddedToken& token : tokens_) {
    const std::size_t size = token.content.size();
    const std::size_t last = token.rstrip ? size + 1 : size;  // One that ends here takes blanks that follow.
    for (std::size_t before = 1; before < last && before <= position; ++before) {
      if (text.compare(position - before, size, token.content) == 0) return true;
    }
  }
  return false;
}

}  // namespace attune::text
