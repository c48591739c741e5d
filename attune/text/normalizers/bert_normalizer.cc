#include "attune/text/normalizers/bert_normalizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"
#include "attune/text/normalizers/characters_of.h"
#include "attune/text/normalizers/lowercase.h"
#include "attune/text/normalizers/unicode_form.h"
#include "attune/text/unicode/unicode.h"

namespace attune::text {
namespace {

bool is_dropped(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return c == 0 || c == 0xFFFD || is_control(c);
}

bool is_other_blank(char32_t c) { return c != ' ' && is_whitespace(c); }

// Rewrites the characters for which `concerns` holds; `rewrite` takes one.
template <typename Concerns, typename Rewrite>
void rewrite_characters(AlignedText& text, Concerns concerns, Rewrite rewrite) {
  Rewriter rewriter(text);
  std::size_t begin = 0;  // Of the character.
  for_each_character(text.view(), [&](char32_t c, std::size_t end) {
    if (concerns(c)) {
      rewriter.keep(begin);
      rewrite(rewriter, text.view().substr(begin, end - begin));
    }
    begin = end;
  });
  if (rewriter.at() == 0) return;
  rewriter.keep(text.view().size());
  text = rewriter.finish();
}

BertNormalizer::Options read_options(const nlohmann::json& json) {
  check_fields(json, "normalizer", {"clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
  BertNormalizer::Options options{.clean_text = json.at("clean_text").get<bool>(),
                                  .handle_chinese_chars = json.at("handle_chinese_chars").get<bool>(),
                                  .strip_accents = std::nullopt,
                                  .lowercase = json.at("lowercase").get<bool>()};
  if (const auto accents = json.find("strip_accents"); accents != json.end() && !accents->is_null()) {
    options.strip_accents = accents->get<bool>();
  }
  return options;
}

}  // namespace

BertNormalizer::BertNormalizer(const nlohmann::json& json) : BertNormalizer(read_options(json)) {}

BertNormalizer::BertNormalizer(const Options& options) : options_(options) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    ascii_[byte] = c;
    if (options.lowercase && c >= 'A' && c <= 'Z') ascii_[byte] = static_cast<char>(c - 'A' + 'a');
    if (!options.clean_text || byte >= 0x80) continue;
    if (is_dropped(static_cast<char32_t>(byte))) ascii_[byte] = 0;
    if (is_other_blank(static_cast<char32_t>(byte)) && ascii_[byte] != 0) ascii_[byte] = ' ';
  }
}

void BertNormalizer::normalize(AlignedText& text) const {
  const std::string_view view = text.view();
  const bool maps = is_ascii(view) && std::all_of(view.begin(), view.end(), [&](char c) {
                      return ascii_[static_cast<unsigned char>(c)] != 0;
                    });
  if (maps) return text.map_bytes(ascii_);
  if (options_.clean_text) {
    remove_characters(text, is_dropped);
    rewrite_characters(text, is_other_blank, [](Rewriter& to, std::string_view) { to.replace(" "); });
  }
  if (options_.handle_chinese_chars) {
    rewrite_characters(text, is_chinese, [](Rewriter& to, std::string_view c) {
      const std::string character(c);
      to.replace(" ");
      to.insert(character);
      to.insert(" ");
    });
  }
  if (options_.strip_accents.value_or(options_.lowercase) && !is_ascii(text.view())) {
    static const UnicodeForm nfd("NFD");
    nfd.normalize(text);
    remove_characters(text, is_nonspacing_mark);
  }
  if (options_.lowercase) Lowercase().normalize(text);
}

nlohmann::ordered_json BertNormalizer::to_json() const {
  nlohmann::ordered_json accents;
  if (options_.strip_accents) accents = *options_.strip_accents;
  return {{"type", "BertNormalizer"},
          {"clean_text", options_.clean_text},
          {"handle_chinese_chars", options_.handle_chinese_chars},
          {"strip_accents", accents},
          {"lowercase", options_.lowercase}};
}

}  // namespace attune::text
