#include "apps/attune/input/text_requests.h"

#include <fmt/format.h>
#include <unistd.h>

#include "apps/attune/command.h"
#include "apps/attune/input/arriving_lines.h"
#include "attune/base/error.h"
#include "attune/io/message.h"
#include "attune/text/corpora/line_reader.h"
#include "attune/text/unicode/utf8.h"

namespace attune::command {
namespace {

// `name`: what the text is, for a message.
std::string valid_utf8(const std::string& text, const std::string& name) {
  std::string valid = text::replace_invalid_utf8(text);
  if (valid != text)
    io::print_message(stderr, "attune: {} has bytes that are not valid UTF-8, read as U+FFFD\n", name);
  return valid;
}

// The n-th text, or the pair that a tab divides. `unit`: what texts are where it comes from.
RequestedText divided(const std::string& text, const TextRequest& request, const char* unit, std::size_t n) {
  std::string line = valid_utf8(text, fmt::format("{} {}", unit, n));
  const auto tab = line.find('\t');
  if (tab == line.npos || !request.takes_pairs) return {std::move(line), std::nullopt};
  return {line.substr(0, tab), line.substr(tab + 1)};
}

std::vector<RequestedText> texts_of_table(const TextRequest& request) {
  const text::Table table = read_texts(request.input, request.columns, /*with_label=*/false);
  std::vector<RequestedText> texts;
  texts.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    texts.push_back({std::string(table.value(row, 0)), std::nullopt});
    if (request.columns.pairs()) texts.back().second = table.value(row, 1);
  }
  return texts;
}

std::vector<RequestedText> texts_of_arguments(const TextRequest& request) {
  if (!request.pair.empty())
    return {{valid_utf8(request.texts.front(), "text"), valid_utf8(request.pair, "--pair")}};
  std::vector<RequestedText> texts;
  for (const std::string& text : request.texts)
    texts.push_back(divided(text, request, "text", texts.size() + 1));
  return texts;
}

void visit_lines_of_file(const TextRequest& request, std::size_t most, const VisitTexts& visit) {
  text::LineReader reader(request.input);
  std::vector<RequestedText> texts;
  std::size_t count = 0;
  for (std::string line; reader.next(line);) {
    texts.push_back(divided(line, request, "line", ++count));
    if (texts.size() < most) continue;
    visit(texts);
    texts.clear();
  }
  if (!texts.empty()) visit(texts);
}

void visit_standard_input(const TextRequest& request, std::size_t most, const VisitTexts& visit) {
  ArrivingLines lines(STDIN_FILENO, "standard input");
  std::size_t count = 0;
  for (auto some = lines.next(most); !some.empty(); some = lines.next(most)) {
    std::vector<RequestedText> texts;
    for (std::string& line : some) texts.push_back(divided(line, request, "line", ++count));
    visit(texts);
  }
}

}  // namespace

void add_request_flags(CLI::App& verb, TextRequest& request, const std::string& use) {
  verb.add_option("directory", request.directory, "Model directory")->required();
  verb.add_option("texts", request.texts,
                  fmt::format("Texts to {}, each in quotes (default: standard input, line by line)", use))
      ->take_all();
  if (request.takes_pairs)
    verb.add_option("--pair", request.pair,
                    "Second text of a pair whose first is TEXT; in lines a tab divides them")
        ->group("Data");
  verb.add_option(
          "--input", request.input,
          fmt::format("File to {}: a table (.csv, .tsv, .jsonl) row by row, another line by line; also .gz",
                      use))
      ->group("Data");
  add_column_flags(verb, request.columns, /*with_label=*/false);
  verb.add_option("--out", request.out, "File to write instead of standard output")->group("Output");
  verb.add_flag("--json", request.json, "Write a JSON line a text")->group("Output");
  add_value(verb, "Machine", "--batch-size", request.batch_size, "Texts at once");
  add_value(verb, "Machine", "--dtype", request.dtype, "Type of the weights: float32 or bfloat16");
  add_threads(verb);
}

void validate(const TextRequest& request) {
  if (!request.texts.empty() && !request.input.empty()) fail_usage("TEXT and --input exclude one another");
  if (!request.pair.empty() && request.texts.size() != 1)
    fail_usage("--pair goes with one TEXT, there are {}", request.texts.size());
  if (request.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", request.batch_size);
  request.columns.validate();
  if (!request.takes_pairs && request.columns.pairs()) fail_usage("--text names two columns, expected one");
}

void for_each_stretch(const TextRequest& request, std::size_t most, const VisitTexts& visit) {
  if (!request.texts.empty()) return visit(texts_of_arguments(request));
  if (request.input.empty()) return visit_standard_input(request, most, visit);
  if (text::is_table_name(request.input)) return visit(texts_of_table(request));
  visit_lines_of_file(request, most, visit);
}

}  // namespace attune::command
