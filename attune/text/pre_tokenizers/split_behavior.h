// How pieces of text are divided at the matches of something: Hugging Face's SplitDelimiterBehavior.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attune/text/pre_tokenizers/pre_tokenizer.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {

enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// "Removed" and so on. Throws Error.
SplitBehavior parse_split_behavior(const std::string& name);
std::string_view name_of(SplitBehavior behavior);

// A stretch of text that matches or stands between matches.
struct Stretch {
  Offsets where;
  bool is_match;
};

// Divides one piece, which the stretches cover.
void divide(const std::vector<Stretch>& stretches, SplitBehavior behavior, std::vector<Offsets>& pieces);

// Divides every piece by `find`, which appends the stretches of a piece: find(text of the piece, where it
// begins, stretches).
template <typename Find>
void divide_pieces(PreTokenizedText& text, SplitBehavior behavior, Find find) {
  std::vector<Offsets> pieces;
  pieces.reserve(text.pieces.size());
  std::vector<Stretch> stretches;
  for (const auto& [begin, end] : text.pieces) {
    stretches.clear();
    find(text.text.view().substr(begin, end - begin), begin, stretches);
    divide(stretches, behavior, pieces);
  }
  text.pieces = std::move(pieces);
}

// Every character for which `matches` holds is a match.
template <typename Matches>
void divide_at_characters(PreTokenizedText& text, SplitBehavior behavior, Matches matches) {
  divide_pieces(text, behavior,
                [&](std::string_view piece, std::size_t begin, std::vector<Stretch>& stretches) {
                  std::size_t last = 0;
                  for (std::size_t at = 0; at < piece.size();) {
                    const CodePoint c = decode_code_point(piece.substr(at));
                    const std::size_t end = at + c.length;
                    if (matches(c.value)) {
                      if (last < at) stretches.push_back({{begin + last, begin + at}, false});
                      stretches.push_back({{begin + at, begin + end}, true});
                      last = end;
                    }
                    at = end;
                  }
                  if (last < piece.size()) stretches.push_back({{begin + last, begin + piece.size()}, false});
                });
}

}  // namespace attune::text
