// attune translate DIR [TEXT]: translates a text, a file or standard input line by line, in order.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "apps/attune/answers.h"
#include "apps/attune/arriving_lines.h"
#include "apps/attune/command.h"
#include "apps/attune/translator.h"
#include "apps/attune/translator_flags.h"
#include "attune/base/error.h"
#include "attune/io/message.h"
#include "attune/text/line_reader.h"

namespace attune::command {
namespace {

struct Options {
  TranslatorOptions translator;
  std::vector<std::string> words;
  std::string input, out;
  bool has_text = false, print_scores = false, timings = false;
};

// Where the next lines come from: at most `most`, none at the end.
using NextLines = std::function<std::vector<std::string>(std::size_t most)>;

NextLines lines_of_text(const std::vector<std::string>& words) {
  // More than one word: the user did without quotes.
  std::vector<std::string> lines{fmt::format("{}", fmt::join(words, " "))};
  while (const auto end = lines.back().find('\n') + 1) {
    std::string rest = lines.back().substr(end);
    lines.back().resize(end - 1);
    lines.push_back(std::move(rest));
  }
  return [lines](std::size_t) mutable { return std::exchange(lines, {}); };
}

NextLines lines_of_file(const std::string& path) {
  return [reader = std::make_shared<text::LineReader>(path)](std::size_t most) {
    std::vector<std::string> lines;
    for (std::string line; lines.size() < most && reader->next(line);) lines.push_back(line);
    return lines;
  };
}

NextLines lines_of_standard_input() {
  return [lines = ArrivingLines(STDIN_FILENO, "standard input")](std::size_t most) mutable {
    return lines.next(most);
  };
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void run(const Options& options) {
  if (options.has_text && !options.input.empty()) fail_usage("TEXT and --input exclude one another");
  const auto start = std::chrono::steady_clock::now();
  Translator translator(options.translator);
  const double load = seconds_since(start);
  NextLines next = options.has_text         ? lines_of_text(options.words)
                   : !options.input.empty() ? lines_of_file(options.input)
                                            : lines_of_standard_input();
  Answers output(options.out);
  // Lines are sorted by length within a window, and come back in order when all of it is translated.
  const auto window = static_cast<std::size_t>(8 * options.translator.batch_size);
  std::size_t done = 0;
  double seconds = 0;
  for (auto lines = next(window); !lines.empty(); lines = next(window)) {
    const auto begin = std::chrono::steady_clock::now();
    const auto translations = translator.translate(lines, [&](std::size_t index, const std::string& message) {
      io::print_message(stderr, "attune: line {} {}\n", done + index + 1, message);
    });
    std::string text;
    for (const Translated& one : translations) {
      if (options.print_scores) text += fmt::format("{:.4f}\t", one.score);
      text += one.text + "\n";
    }
    output.write(text);
    done += lines.size();
    seconds += seconds_since(begin);
  }
  output.finish();
  if (options.timings) {
    const double rate = seconds > 0 ? static_cast<double>(translator.new_tokens()) / seconds : 0;
    const nlohmann::ordered_json line = {{"load_seconds", load},
                                         {"sentences", done},
                                         {"source_tokens", translator.source_tokens()},
                                         {"new_tokens", translator.new_tokens()},
                                         {"translate_seconds", seconds},
                                         {"batch_seconds", translator.batch_seconds()},
                                         {"tokens_per_second", rate}};
    io::print_message(stderr, "{}\n", line.dump());
  }
}

}  // namespace

void add_search_flags(CLI::App& verb, TranslatorOptions& options, const char* group) {
  const auto number = [&](const char* name, auto& value, const char* help, auto otherwise) {
    verb.add_option(name, value, help)
        ->default_str(fmt::format("generation_config.json's, or {}", otherwise))
        ->group(group);
  };
  number("--num-beams", options.num_beams, "Hypotheses kept at every step; 1 takes the best token always",
         Translator::default_num_beams);
  number("--length-penalty", options.length_penalty,
         "A hypothesis scores log-probability / length^p: above 0 favours longer ones",
         Translator::default_length_penalty);
  number("--max-new-tokens", options.max_new_tokens, "Most tokens of a translation",
         Translator::default_max_new_tokens);
}

void add_translate(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb = *program.app.add_subcommand("translate", "Translate a text, or lines, with a model");
  verb.add_option("directory", o.translator.directory, "Model directory")->required();
  auto* text = verb.add_option("text", o.words, "Text to translate (default: standard input, line by line)")
                   ->take_all();
  verb.add_option("--input", o.input, "File to translate line by line; also .gz")->group("Text");
  verb.add_option("--out", o.out, "File to write instead of standard output")->group("Text");
  verb.add_flag("--print-scores", o.print_scores, "Write SCORE<tab>TRANSLATION lines")->group("Text");
  add_search_flags(verb, o.translator, "Search");
  verb.add_flag("--ignore-eos", o.translator.ignore_end_of_text, "Go on past the end-of-text token")
      ->group("Search");
  add_value(verb, "Machine", "--batch-size", o.translator.batch_size, "Sentences at once");
  add_value(verb, "Machine", "--dtype", o.translator.dtype, "Type of the weights: float32 or bfloat16");
  verb.add_flag("--timings", o.timings, "Print timings as one JSON line on standard error")->group("Machine");
  add_threads(verb);
  verb.callback([options, text] {
    options->has_text = text->count() > 0;
    run(*options);
  });
}

}  // namespace attune::command
