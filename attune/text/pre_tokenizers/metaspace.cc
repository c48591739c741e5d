#include "attune/text/pre_tokenizers/metaspace.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/component_json.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

Metaspace::Prepend parse_prepend(const std::string& name) {
  if (name == "always") return Metaspace::Prepend::always;
  if (name == "first") return Metaspace::Prepend::first;
  if (name == "never") return Metaspace::Prepend::never;
  fail("Metaspace has \"prepend_scheme\": \"{}\", expected always, first or never", name);
}

// The first blank or mark in [at, end), or end.
std::size_t find_mark(std::string_view text, std::size_t at, std::size_t end, const std::string& mark) {
  while (at < end && text[at] != ' ' && (text[at] != mark[0] || !text.substr(at).starts_with(mark))) ++at;
  return at;
}

const char* name_of(Metaspace::Prepend prepend) {
  return prepend == Metaspace::Prepend::always  ? "always"
         : prepend == Metaspace::Prepend::first ? "first"
                                                : "never";
}

}  // namespace

Metaspace::Options Metaspace::read_options(const nlohmann::json& json, std::string_view stage) {
  check_fields(json, stage, {"replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"});
  Options options;
  options.replacement.clear();
  append_utf8(read_character(json, "replacement"), options.replacement);
  options.prepend = parse_prepend(json.value("prepend_scheme", "always"));
  options.split = !json.contains("split") || json.at("split").is_null() || json.at("split").get<bool>();
  if (const auto prefix = json.find("add_prefix_space");
      prefix != json.end() && !prefix->is_null() && !prefix->get<bool>()) {
    check(!json.contains("prepend_scheme") || options.prepend == Prepend::never,
          "Metaspace has \"add_prefix_space\": false and \"prepend_scheme\": \"{}\", which contradict each "
          "other",
          name_of(options.prepend));
    options.prepend = Prepend::never;
  }
  return options;
}

nlohmann::ordered_json Metaspace::to_json() const { return to_json(options_); }

nlohmann::ordered_json Metaspace::to_json(const Options& options) {
  return {{"type", "Metaspace"},
          {"replacement", options.replacement},
          {"prepend_scheme", name_of(options.prepend)},
          {"split", options.split}};
}

void Metaspace::pre_tokenize(PreTokenizedText& text) const {
  const std::string& mark = options_.replacement;
  const std::string_view view = text.text.view();
  Rewriter rewriter(text.text);
  std::vector<Offsets> pieces;
  pieces.reserve(text.pieces.size());
  for (const auto& [begin, end] : text.pieces) {
    rewriter.remove(begin);
    rewriter.begin_piece();
    std::size_t start = rewriter.size();
    const bool marked = view[begin] == ' ' || view.substr(begin).starts_with(mark);
    const bool prepends =
        options_.prepend == Prepend::always ||
        (options_.prepend == Prepend::first && text.text.origin(begin, begin + 1).begin == 0);
    if (prepends && !marked) rewriter.insert_before(mark);
    for (std::size_t at = begin; at < end;) {
      const std::size_t blank = find_mark(view, at, end, mark);
      rewriter.keep(blank);
      if (blank == end) break;
      if (options_.split && rewriter.size() > start) {
        pieces.push_back({start, rewriter.size()});
        start = rewriter.size();
      }
      if (view[blank] == ' ') {
        rewriter.replace(mark);
        at = blank + 1;
      } else {
        at = blank + mark.size();
        rewriter.keep(at);
      }
    }
    pieces.push_back({start, rewriter.size()});
  }
  text.text = rewriter.finish();
  text.pieces = std::move(pieces);
}

std::size_t Metaspace::find_cut(std::string_view text, std::size_t from) const {
  return options_.split ? find_blank(text, from) : text.size();
}

}  // namespace attune::text
