// attune classify DIR [TEXT [SECOND]]: labels a text or a pair, the texts of a table, or standard input line
// by line.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "apps/attune/arriving_lines.h"
#include "apps/attune/command.h"
#include "apps/attune/model_options.h"
#include "apps/attune/text_table.h"
#include "attune/base/error.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/sequence_classification.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

using models::ProblemType;

struct Options {
  std::string directory, dtype = "float32", input;
  std::vector<std::string> words;
  TextColumns columns;
  std::int64_t top_k = 1, batch_size = 32;
  bool json = false;
};

struct Classifier {
  std::unique_ptr<models::SequenceClassifier> model;
  std::unique_ptr<text::Tokenizer> tokenizer;

  explicit Classifier(const Options& options)
      : model(models::load_text_model<models::SequenceClassifier>(options.directory,
                                                                  {.type = loaded_type(options.dtype)})),
        tokenizer(text::load_tokenizer(options.directory)) {}

  tasks::TextInput encode(std::string_view first, const std::string_view* second) const {
    return tasks::encode_input(*tokenizer, first, second, model->facts().max_length);
  }
};

// Of one label the softmax over all of them; of several at once the sigmoid of each; of a regression the
// number itself.
std::vector<double> values_of(std::span<const float> scores, ProblemType type) {
  std::vector<double> values(scores.begin(), scores.end());
  if (type == ProblemType::multi_label_classification) {
    for (double& value : values) value = 1 / (1 + std::exp(-value));
  } else if (type == ProblemType::single_label_classification) {
    const double largest = *std::ranges::max_element(values);
    for (double& value : values) value = std::exp(value - largest);
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    for (double& value : values) value /= sum;
  }
  return values;
}

std::string line_of(std::span<const float> scores, const models::TextLabels& labels, const Options& options) {
  const ProblemType type = labels.problem_type();
  const auto values = values_of(scores, type);
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (type != ProblemType::regression) {
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    order.resize(std::min(order.size(), static_cast<std::size_t>(options.top_k)));
  }
  if (options.json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const std::size_t id : order) all.push_back({{"label", labels.names[id]}, {"score", values[id]}});
    return all.dump() + "\n";
  }
  std::vector<std::string> parts;
  for (const std::size_t id : order) {
    parts.push_back(type == ProblemType::regression
                        ? fmt::format("{:.4f}", values[id])
                        : fmt::format("{}\t{:.4f}", labels.names[id], values[id]));
  }
  return fmt::format("{}\n", fmt::join(parts, "\t"));
}

void classify(const Classifier& classifier, const std::vector<tasks::TextInput>& inputs,
              const Options& options) {
  const models::TextLabels& labels = classifier.model->labels();
  const auto scores = *tasks::classification_scores(*classifier.model, inputs, options.batch_size, {});
  const auto count = static_cast<std::size_t>(labels.count());
  std::string text;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    text += line_of(std::span(scores).subspan(i * count, count), labels, options);
  std::fwrite(text.data(), 1, text.size(), stdout);
  check(std::fflush(stdout) == 0, "standard output cannot be written");
}

// A line is a text, or two with a tab between them.
void classify_lines(const Classifier& classifier, const Options& options) {
  ArrivingLines lines(STDIN_FILENO, "standard input");
  const auto window = static_cast<std::size_t>(8 * options.batch_size);
  for (auto some = lines.next(window); !some.empty(); some = lines.next(window)) {
    std::vector<tasks::TextInput> inputs;
    for (const std::string& line : some) {
      const std::string_view text(line);
      const auto tab = text.find('\t');
      const std::string_view second = tab == text.npos ? std::string_view() : text.substr(tab + 1);
      inputs.push_back(classifier.encode(text.substr(0, tab), tab == text.npos ? nullptr : &second));
    }
    classify(classifier, inputs, options);
  }
}

void run(const Options& options) {
  if (!options.words.empty() && !options.input.empty()) fail_usage("TEXT and --input exclude one another");
  if (options.words.size() > 2)
    fail_usage("there are {} texts, expected TEXT or TEXT SECOND: put them in quotes", options.words.size());
  if (options.top_k < 1) fail_usage("--top-k is {}, expected at least 1", options.top_k);
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  const Classifier classifier(options);
  if (!options.input.empty()) {
    const text::Table table = read_texts(options.input, options.columns, /*with_label=*/false);
    return classify(classifier,
                    tasks::encode_inputs(*classifier.tokenizer, table, options.columns.pairs(),
                                         classifier.model->facts().max_length),
                    options);
  }
  if (options.words.empty()) return classify_lines(classifier, options);
  const std::string_view second = options.words.back();
  classify(classifier, {classifier.encode(options.words[0], options.words.size() > 1 ? &second : nullptr)},
           options);
}

}  // namespace

void add_classify(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb = *program.app.add_subcommand("classify", "Label a text or a pair of texts with a model");
  verb.add_option("directory", o.directory, "Model directory")->required();
  verb.add_option("text", o.words,
                  "TEXT, or TEXT SECOND for a pair (default: standard input line by line, pairs with a tab "
                  "between them)")
      ->take_all();
  verb.add_option("--input", o.input, "Table to label row by row: .csv, .tsv or .jsonl, also .gz")
      ->group("Data");
  add_column_flags(verb, o.columns, /*with_label=*/false);
  add_value(verb, "Output", "--top-k", o.top_k, "Labels a text, the likeliest first");
  verb.add_flag("--json", o.json, "Write a JSON line a text")->group("Output");
  add_value(verb, "Machine", "--batch-size", o.batch_size, "Texts at once");
  add_value(verb, "Machine", "--dtype", o.dtype, "Type of the weights: float32 or bfloat16");
  add_threads(verb);
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
