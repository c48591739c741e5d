#include "attune/text/pre_tokenizers/byte_level.h"

#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"
#include "attune/text/unicode/character_class.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

struct Character {
  CharacterClass type;
  std::size_t length;
};

Character character_at(std::string_view text, std::size_t at, const CharacterClass* classes) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x80) return {classes[byte], 1};
  const CodePoint c = decode_code_point(text.substr(at));
  // U+FFFD, which stands for what is invalid, is of class other, as that shall be.
  return {classes[c.value], c.length};
}

// The end of the characters of one class that begin at `at`.
std::size_t run_end(std::string_view text, std::size_t at, CharacterClass type,
                    const CharacterClass* classes) {
  while (at < text.size()) {
    const Character c = character_at(text, at, classes);
    if (c.type != type) break;
    at += c.length;
  }
  return at;
}

// Length of 's, 't, 're, 've, 'm, 'll or 'd at `at`, else 0.
std::size_t contraction_length(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return 0;
  const char second = text[at + 1];
  if (second == 's' || second == 't' || second == 'm' || second == 'd') return 2;
  if (at + 2 >= text.size()) return 0;
  const char third = text[at + 2];
  if ((second == 'r' && third == 'e') || (second == 'v' && third == 'e') || (second == 'l' && third == 'l')) {
    return 3;
  }
  return 0;
}

// White space up to the end of the text is one piece; before a word it leaves its last character, which
// joins the word if it is a space and stands alone otherwise.
std::size_t space_end(std::string_view text, std::size_t begin, const CharacterClass* classes) {
  std::size_t last = begin;
  std::size_t end = begin;
  while (end < text.size()) {
    const Character c = character_at(text, end, classes);
    if (c.type != CharacterClass::space) return last > begin ? last : end;
    last = end;
    end += c.length;
  }
  return end;
}

// Whether the character that ends at `end` is white space.
bool space_before(std::string_view text, std::size_t end, const CharacterClass* classes) {
  std::size_t begin = end - 1;
  while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  const Character c = character_at(text, begin, classes);
  return begin + c.length == end && c.type == CharacterClass::space;
}

void add_prefix_spaces(PreTokenizedText& text) {
  Rewriter rewriter(text.text);
  for (auto& [begin, end] : text.pieces) {
    rewriter.remove(begin);
    rewriter.begin_piece();
    const std::size_t start = rewriter.size();
    if (text.text.view()[begin] != ' ') rewriter.insert_before(" ");
    rewriter.keep(end);
    begin = start;
    end = rewriter.size();
  }
  text.text = rewriter.finish();
}

}  // namespace

std::size_t ByteLevel::piece_end(std::string_view text, std::size_t begin) const {
  static const CharacterClass* const classes = character_classes();
  if (text[begin] == '\'') {
    if (const std::size_t length = contraction_length(text, begin)) return begin + length;
  }
  std::size_t word = begin;
  if (text[begin] == ' ' && begin + 1 < text.size()) ++word;
  const Character first = character_at(text, word, classes);
  if (first.type == CharacterClass::space) return space_end(text, begin, classes);
  return run_end(text, word + first.length, first.type, classes);
}

// A piece never goes on from a character that is not white space to one that is.
std::size_t ByteLevel::find_cut(std::string_view text, std::size_t from) const {
  if (!options_.use_regex) return text.size();
  if (options_.add_prefix_space) return find_blank(text, from);
  for (std::size_t at = from > 0 ? from : 1; at < text.size(); ++at) {
    if ((text[at] == ' ' || text[at] == '\n') && !space_before(text, at, character_classes())) return at;
  }
  return text.size();
}

void ByteLevel::pre_tokenize(PreTokenizedText& text) const {
  if (options_.add_prefix_space) add_prefix_spaces(text);
  if (!options_.use_regex) return;
  const std::string_view view = text.text.view();
  std::vector<Offsets> pieces;
  pieces.reserve(view.size() / 4 + 1);
  for (const auto& [begin, end] : text.pieces) {
    const std::string_view part = view.substr(0, end);
    for (std::size_t at = begin; at < end;) {
      const std::size_t next = piece_end(part, at);
      pieces.push_back({at, next});
      at = next;
    }
  }
  text.pieces = std::move(pieces);
}

nlohmann::ordered_json ByteLevel::to_json() const { return to_json(options_); }

nlohmann::ordered_json ByteLevel::to_json(const Options& options) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", options.add_prefix_space},
          {"trim_offsets", options.trim_offsets},
          {"use_regex", options.use_regex}};
}

ByteLevel::Options ByteLevel::read_options(const nlohmann::json& json, std::string_view stage) {
  check_fields(json, stage, {"add_prefix_space", "trim_offsets", "use_regex"});
  return {.add_prefix_space = json.value("add_prefix_space", true),
          .trim_offsets = json.value("trim_offsets", true),
          .use_regex = json.value("use_regex", true)};
}

}  // namespace attune::text
