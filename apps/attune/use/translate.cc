// attune translate DIR [TEXT]: translates a text, a file or standard input line by line, in order.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/attune/command.h"
#include "apps/attune/use/translator_flags.h"
#include "apps/attune/use/write_texts.h"
#include "attune/base/error.h"

namespace attune::command {
namespace {

// More than one word: the user did without quotes. A text may have several lines.
std::vector<std::string> lines_of(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  std::vector<std::string> lines{fmt::format("{}", fmt::join(words, " "))};
  while (const auto end = lines.back().find('\n') + 1) {
    std::string rest = lines.back().substr(end);
    lines.back().resize(end - 1);
    lines.push_back(std::move(rest));
  }
  return lines;
}

// A number that generation_config.json may say, too.
template <typename Number>
void add_number(CLI::App& verb, const char* name, std::optional<Number>& value, const char* group,
                Number otherwise, const char* help) {
  verb.add_option(name, value, help)
      ->default_str(fmt::format("generation_config.json's, or {}", otherwise))
      ->group(group);
}

}  // namespace

void add_beam_flags(CLI::App& verb, TranslatorOptions& options, const char* group) {
  add_number(verb, "--num-beams", options.num_beams, group, options.default_num_beams,
             "Hypotheses kept at every step; 1 takes the best token always");
  add_number(verb, "--length-penalty", options.length_penalty, group, Translator::default_length_penalty,
             "A hypothesis scores log-probability / length^p: above 0 favours longer ones");
}

void add_search_flags(CLI::App& verb, TranslatorOptions& options, const char* group) {
  add_beam_flags(verb, options, group);
  add_number(verb, "--max-new-tokens", options.max_new_tokens, group, Translator::default_max_new_tokens,
             "Most tokens of a translation");
}

void add_translate(Program& program) {
  auto request = std::make_shared<WriteRequest>();
  auto& r = *request;
  CLI::App& verb = *program.app.add_subcommand("translate", "Translate a text, or lines, with a model");
  add_request_flags(verb, r.texts, "translate");
  verb.remove_option(verb.get_option("--pair"));
  verb.get_option("texts")->description(
      "Text to translate, also several words without quotes (default: standard input, line by line)");
  verb.add_flag("--print-scores", r.print_scores, "Write SCORE<tab>TRANSLATION lines")->group("Output");
  add_value(verb, "Search", "--prefix", r.translator.prefix,
            "Text before every sentence: 'translate English to German: ' for a T5");
  add_search_flags(verb, r.translator, "Search");
  verb.add_flag("--ignore-eos", r.translator.ignore_end_of_text, "Go on past the end-of-text token")
      ->group("Search");
  verb.add_flag("--timings", r.timings, "Print timings as one JSON line on standard error")->group("Machine");
  verb.callback([request] {
    request->texts.texts = lines_of(request->texts.texts);
    write_texts(*request);
  });
}

}  // namespace attune::command
