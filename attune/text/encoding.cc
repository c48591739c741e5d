#include "attune/text/encoding.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

// The windows of a text of `size` tokens: `length` tokens each, `stride` of them shared with the one before.
std::vector<Offsets> windows(std::size_t size, std::size_t length, std::size_t stride,
                             Truncation::Side side) {
  std::vector<Offsets> result;
  const std::size_t step = length - stride;
  for (std::size_t at = 0; at < size; at += step) {
    const std::size_t end = std::min(at + length, size);
    result.push_back(side == Truncation::Side::right ? Offsets{at, end} : Offsets{size - end, size - at});
    if (end == size) break;
  }
  return result;
}

// The lengths of two texts when the longer gives way until both have `max_length` together.
std::pair<std::size_t, std::size_t> longest_first(std::size_t first, std::size_t second,
                                                  std::size_t max_length) {
  auto [shorter, longer] = std::minmax({first, second});
  longer = shorter > max_length ? shorter : std::max(shorter, max_length - shorter);
  if (shorter + longer > max_length) {
    shorter = max_length / 2;
    longer = shorter + max_length % 2;
  }
  return first > second ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

void pad_one(Encoding& encoding, std::size_t length, const Padding& padding) {
  for (Encoding& window : encoding.overflowing) pad_one(window, length, padding);
  if (encoding.size() >= length) return;
  const std::size_t missing = length - encoding.size();
  const auto fill = [&](auto& values, const auto& value) {
    values.insert(padding.side == Padding::Side::right ? values.end() : values.begin(), missing, value);
  };
  fill(encoding.ids, padding.id);
  fill(encoding.type_ids, padding.type_id);
  fill(encoding.tokens, padding.token);
  fill(encoding.offsets, Offsets{});
  fill(encoding.word_ids, -1);
  fill(encoding.sequence_ids, -1);
  fill(encoding.special_tokens_mask, 1);
  fill(encoding.attention_mask, 0);
}

template <typename T>
void extend(std::vector<T>& values, const std::vector<T>& others) {
  values.insert(values.end(), others.begin(), others.end());
}

template <typename T>
std::vector<T> part(const std::vector<T>& values, std::size_t begin, std::size_t end) {
  return {values.begin() + static_cast<std::ptrdiff_t>(begin),
          values.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

void Encoding::reserve(std::size_t count) {
  for (auto* field : {&ids, &type_ids, &word_ids, &sequence_ids, &special_tokens_mask, &attention_mask}) {
    field->reserve(count);
  }
  tokens.reserve(count);
  offsets.reserve(count);
}

void Encoding::push_back(std::int32_t id, std::int32_t type_id, std::string token, Offsets where,
                         std::int32_t word_id, std::int32_t sequence_id, bool special) {
  ids.push_back(id);
  type_ids.push_back(type_id);
  tokens.push_back(std::move(token));
  offsets.push_back(where);
  word_ids.push_back(word_id);
  sequence_ids.push_back(sequence_id);
  special_tokens_mask.push_back(special ? 1 : 0);
  attention_mask.push_back(1);
}

void Encoding::append(const Encoding& other) {
  std::vector<Encoding> combined;
  const auto combine = [&](const Encoding& left, const Encoding& right) {
    combined.push_back(left.slice(0, left.size()));
    combined.back().append(right.slice(0, right.size()));
  };
  for (const Encoding& window : overflowing) {
    combine(window, other);
    for (const Encoding& next : other.overflowing) combine(window, next);
  }
  for (const Encoding& next : other.overflowing) combine(*this, next);
  extend(ids, other.ids);
  extend(type_ids, other.type_ids);
  extend(tokens, other.tokens);
  extend(offsets, other.offsets);
  extend(word_ids, other.word_ids);
  extend(sequence_ids, other.sequence_ids);
  extend(special_tokens_mask, other.special_tokens_mask);
  extend(attention_mask, other.attention_mask);
  overflowing = std::move(combined);
}

Encoding Encoding::slice(std::size_t begin, std::size_t end) const {
  return {part(ids, begin, end),
          part(type_ids, begin, end),
          part(tokens, begin, end),
          part(offsets, begin, end),
          part(word_ids, begin, end),
          part(sequence_ids, begin, end),
          part(special_tokens_mask, begin, end),
          part(attention_mask, begin, end),
          {}};
}

std::vector<Offsets> character_offsets(std::string_view text, std::span<const Offsets> offsets) {
  std::vector<std::size_t> characters(text.size() + 1);  // Characters that begin before each byte.
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const std::size_t end = at + decode_code_point(text.substr(at)).length;
    characters[at++] = count;
    for (; at < end; ++at) characters[at] = count + 1;
  }
  characters[text.size()] = count;
  std::vector<Offsets> result;
  result.reserve(offsets.size());
  for (const auto& [begin, end] : offsets) {
    check(begin <= end && end <= text.size(), "offsets {} to {} are not of a text of {} bytes", begin, end,
          text.size());
    result.push_back({characters[begin], characters[end]});
  }
  return result;
}

void truncate(Encoding& encoding, std::size_t max_length, std::size_t stride, Truncation::Side side) {
  const std::size_t size = encoding.size();
  if (max_length >= size) return;
  if (max_length == 0) {
    Encoding rest = std::exchange(encoding, {});
    encoding.overflowing.push_back(std::move(rest));
    return;
  }
  check(
      stride < max_length,
      "the stride of truncation is {}, expected less than {}, the tokens of a text that fit into one window",
      stride, max_length);
  std::vector<Encoding> parts;
  for (const auto& [begin, end] : windows(size, max_length, stride, side)) {
    parts.push_back(encoding.slice(begin, end));
  }
  encoding = std::move(parts.front());
  encoding.overflowing.assign(std::make_move_iterator(parts.begin() + 1),
                              std::make_move_iterator(parts.end()));
}

void truncate(Encoding& first, Encoding* second, const Truncation& truncation) {
  const auto& [max_length, strategy, stride, side] = truncation;
  const std::size_t total = first.size() + (second ? second->size() : 0);
  if (total <= max_length) return;
  if (max_length == 0 || strategy == Truncation::Strategy::longest_first) {
    const auto [length, second_length] = second && max_length > 0
                                             ? longest_first(first.size(), second->size(), max_length)
                                             : std::pair(max_length, std::size_t{0});
    truncate(first, length, stride, side);
    if (second) truncate(*second, second_length, stride, side);
    return;
  }
  const bool cut_first = strategy == Truncation::Strategy::only_first;
  check(cut_first || second, "truncation of the second text was asked for, and there is only one");
  Encoding& cut = cut_first ? first : *second;
  const std::size_t excess = total - max_length;
  check(cut.size() > excess,
        "cannot truncate to {} tokens: the {} text has {}, and {} of them would have to go", max_length,
        cut_first ? "first" : "second", cut.size(), excess);
  truncate(cut, cut.size() - excess, stride, side);
}

void pad(std::span<Encoding> encodings, const Padding& padding) {
  std::size_t length = padding.length.value_or(0);
  if (!padding.length) {
    for (const Encoding& encoding : encodings) length = std::max(length, encoding.size());
  }
  const std::size_t multiple = std::max<std::size_t>(padding.multiple_of, 1);
  length = (length + multiple - 1) / multiple * multiple;
  for (Encoding& encoding : encodings) pad_one(encoding, length, padding);
}

}  // namespace attune::text
