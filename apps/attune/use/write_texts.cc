#include "apps/attune/use/write_texts.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/attune/use/answers.h"
#include "attune/base/error.h"
#include "attune/io/message.h"

namespace attune::command {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string line_of(const Translated& one, const WriteRequest& request) {
  if (request.texts.json) {
    const nlohmann::ordered_json line = {{"text", one.text}, {"score", one.score}};
    return line.dump() + "\n";
  }
  return (request.print_scores ? fmt::format("{:.4f}\t", one.score) : "") + one.text + "\n";
}

void print_timings(const Translator& translator, double load, double seconds, std::size_t texts) {
  const double rate = seconds > 0 ? static_cast<double>(translator.new_tokens()) / seconds : 0;
  const nlohmann::ordered_json line = {{"load_seconds", load},
                                       {"sentences", texts},
                                       {"source_tokens", translator.source_tokens()},
                                       {"new_tokens", translator.new_tokens()},
                                       {"translate_seconds", seconds},
                                       {"batch_seconds", translator.batch_seconds()},
                                       {"tokens_per_second", rate}};
  io::print_message(stderr, "{}\n", line.dump());
}

}  // namespace

void write_texts(const WriteRequest& request) {
  validate(request.texts);
  if (request.texts.columns.pairs()) fail_usage("--text names two columns, expected one");
  const auto start = std::chrono::steady_clock::now();
  TranslatorOptions options = request.translator;
  options.directory = request.texts.directory;
  options.dtype = request.texts.dtype;
  options.batch_size = request.texts.batch_size;
  Translator translator(options);
  const double load = seconds_since(start);
  Answers answers(request.texts.out);
  // Texts are sorted by length within a window, and come back in order when all of it is written.
  const auto window = static_cast<std::size_t>(8 * options.batch_size);
  std::size_t done = 0;
  double seconds = 0;
  for_each_stretch(request.texts, window, [&](std::span<const RequestedText> requested) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::string> texts;
    for (const auto& [first, second] : requested) texts.push_back(second ? first + "\t" + *second : first);
    const auto written = translator.translate(texts, [&](std::size_t index, const std::string& message) {
      io::print_message(stderr, "attune: line {} {}\n", done + index + 1, message);
    });
    std::string lines;
    for (const Translated& one : written) lines += line_of(one, request);
    answers.write(lines);
    done += texts.size();
    seconds += seconds_since(begin);
  });
  answers.finish();
  if (request.timings) print_timings(translator, load, seconds, done);
}

}  // namespace attune::command
