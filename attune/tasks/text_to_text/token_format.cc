#include "attune/tasks/text_to_text/token_format.h"

#include <algorithm>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

// Where the tokens of a text of the encoding begin and end.
struct Place {
  std::size_t begin, end;
};

Place place_of(const text::Encoding& encoding, std::int32_t sequence) {
  const auto& of = encoding.sequence_ids;
  const auto first = std::ranges::find(of, sequence);
  check(first != of.end(), "the tokenizer makes no token of a letter: it cannot be used for an encoder");
  const auto last = std::find(of.rbegin(), of.rend(), sequence);
  return {static_cast<std::size_t>(first - of.begin()), static_cast<std::size_t>(of.rend() - last)};
}

std::vector<std::int32_t> part(const std::vector<std::int32_t>& ids, std::size_t begin, std::size_t end) {
  return {ids.begin() + static_cast<std::ptrdiff_t>(begin), ids.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

TokenFormat token_format(const text::Tokenizer& tokenizer) {
  constexpr std::string_view letter = "a";
  const text::Encoding one = tokenizer.encode_single(letter), two = tokenizer.encode_pair(letter, letter);
  const Place only = place_of(one, 0), first = place_of(two, 0), second = place_of(two, 1);
  return {.single = {.before = part(one.ids, 0, only.begin), .after = part(one.ids, only.end, one.size())},
          .pair = {.before = part(two.ids, 0, first.begin),
                   .between = part(two.ids, first.end, second.begin),
                   .after = part(two.ids, second.end, two.size())}};
}

}  // namespace attune::tasks
