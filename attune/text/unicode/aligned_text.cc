#include "attune/text/unicode/aligned_text.h"

#include <algorithm>
#include <utility>

#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Bytes of the character that begins there, in valid UTF-8.
std::size_t length_at(std::string_view text, std::size_t at) {
  std::size_t length = 1;
  while (at + length < text.size() && continues(text[at + length])) ++length;
  return length;
}

}  // namespace

AlignedText::AlignedText(std::string_view original, std::size_t begin, std::size_t end)
    : part_(original.substr(begin, end - begin)), base_(begin) {}

AlignedText::Origin AlignedText::origin_at(std::size_t at) const {
  if (!in_place_) return origins_[at];
  const Offsets found = origin(at, at + 1);
  return {static_cast<std::uint32_t>(found.begin), static_cast<std::uint32_t>(found.end)};
}

Offsets AlignedText::origin(std::size_t begin, std::size_t end) const {
  if (!in_place_) return {origins_[begin].begin, origins_[end - 1].end};
  // Characters have at most four bytes; more that go on are not UTF-8.
  for (int i = 0; i < 3 && begin > 0 && continues(part_[begin]); ++i) --begin;
  for (int i = 0; i < 3 && end < part_.size() && continues(part_[end]); ++i) ++end;
  return {base_ + begin, base_ + end};
}

AlignedText AlignedText::slice(std::size_t begin, std::size_t end) const {
  AlignedText result = *this;
  result.part_ = part_.substr(in_place_ ? begin : 0, in_place_ ? end - begin : part_.size());
  result.base_ = in_place_ ? base_ + begin : base_;
  if (changed_) result.text_ = text_.substr(begin, end - begin);
  if (!in_place_) {
    result.origins_ = {origins_.begin() + static_cast<std::ptrdiff_t>(begin),
                       origins_.begin() + static_cast<std::ptrdiff_t>(end)};
  }
  return result;
}

void AlignedText::map_bytes(const std::array<char, 256>& map) {
  if (!std::exchange(changed_, true)) text_ = part_;
  for (char& byte : text_) byte = map[static_cast<unsigned char>(byte)];
}

Rewriter::Rewriter(const AlignedText& from) : from_(from), old_(from.view()), in_place_(from.in_place_) {
  to_.reserve(old_.size() + old_.size() / 4);
}

// From here on, what is put stands elsewhere than what it came from.
void Rewriter::leave_place() {
  if (!std::exchange(in_place_, false)) return;
  origins_.reserve(to_.capacity());
  for (std::size_t at = 0; at < to_.size();) {
    const std::size_t length = length_at(to_, at);
    const AlignedText::Origin origin = {static_cast<std::uint32_t>(from_.base_ + at),
                                        static_cast<std::uint32_t>(from_.base_ + at + length)};
    origins_.insert(origins_.end(), length, origin);
    at += length;
  }
}

void Rewriter::put(std::string_view text, AlignedText::Origin origin) {
  leave_place();
  to_ += text;
  origins_.insert(origins_.end(), text.size(), origin);
}

void Rewriter::keep(std::size_t end) {
  to_ += old_.substr(at_, end - at_);
  if (!in_place_ && !from_.in_place_) {
    origins_.insert(origins_.end(), from_.origins_.begin() + static_cast<std::ptrdiff_t>(at_),
                    from_.origins_.begin() + static_cast<std::ptrdiff_t>(end));
  }
  while (!in_place_ && from_.in_place_ && at_ < end) {
    const std::size_t length = std::min(length_at(old_, at_), end - at_);
    const AlignedText::Origin origin = {static_cast<std::uint32_t>(from_.base_ + at_),
                                        static_cast<std::uint32_t>(from_.base_ + at_ + length)};
    origins_.insert(origins_.end(), length, origin);
    at_ += length;
  }
  at_ = end;
}

void Rewriter::replace(std::string_view with) {
  if (at_ >= old_.size()) return insert(with);
  const std::size_t length = length_at(old_, at_);
  if (in_place_ && with.size() == length) {
    to_ += with;
  } else {
    put(with, from_.origin_at(at_));
  }
  at_ += length;
}

void Rewriter::insert(std::string_view text) {
  if (at_ > piece_) return put(text, from_.origin_at(at_ - 1));
  const std::uint32_t begin =
      at_ < old_.size() ? from_.origin_at(at_).begin : static_cast<std::uint32_t>(from_.base_);
  put(text, {begin, begin});
}

void Rewriter::insert_before(std::string_view text) {
  at_ < old_.size() ? put(text, from_.origin_at(at_)) : insert(text);
}

void Rewriter::remove(std::size_t end) {
  if (end == at_) return;
  leave_place();
  at_ = end;
}

void Rewriter::apply(std::span<const Change> changes) {
  std::string bytes;
  for (const auto& [character, change] : changes) {
    bytes.clear();
    append_utf8(character, bytes);
    if (change > 0) {
      insert(bytes);
      continue;
    }
    replace(bytes);
    std::size_t end = at_;
    for (std::ptrdiff_t n = change; n < 0 && end < old_.size(); ++n) end += length_at(old_, end);
    remove(end);
  }
}

AlignedText Rewriter::finish() {
  AlignedText result = AlignedText(from_.part_, 0, from_.part_.size());
  result.base_ = from_.base_;
  result.changed_ = true;
  result.in_place_ = in_place_;
  result.text_ = std::move(to_);
  result.origins_ = std::move(origins_);
  return result;
}

}  // namespace attune::text
