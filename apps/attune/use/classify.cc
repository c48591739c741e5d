// attune classify DIR [TEXT...]: labels texts or pairs of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "apps/attune/command.h"
#include "apps/attune/input/text_requests.h"
#include "apps/attune/use/answers.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/classification/sequence_classification.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

using models::ProblemType;

struct Options {
  TextRequest request;
  std::optional<std::int64_t> top_k;
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

// Labels to give of a text, the likeliest.
std::size_t how_many(const std::vector<double>& values, ProblemType type, const Options& options) {
  if (options.top_k) return static_cast<std::size_t>(*options.top_k);
  if (type != ProblemType::multi_label_classification) return 1;
  return static_cast<std::size_t>(std::ranges::count_if(values, [](double value) { return value > 0.5; }));
}

std::string line_of(std::span<const float> scores, const models::TextLabels& labels, const Options& options) {
  const ProblemType type = labels.problem_type();
  const auto values = values_of(scores, type);
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (type != ProblemType::regression) {
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    order.resize(std::min(order.size(), how_many(values, type, options)));
  }
  if (options.request.json) {
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

std::vector<tasks::TextInput> encode(const text::Tokenizer& tokenizer, std::span<const RequestedText> texts,
                                     const models::TextFacts& facts) {
  std::vector<tasks::TextInput> inputs;
  for (const auto& [first, second] : texts) {
    const std::string_view other = second ? std::string_view(*second) : std::string_view();
    inputs.push_back(tasks::encode_input(tokenizer, first, second ? &other : nullptr, facts.max_length,
                                         facts.input_format));
  }
  return inputs;
}

void run(const Options& options) {
  const TextRequest& request = options.request;
  validate(request);
  if (options.top_k.value_or(1) < 1) fail_usage("--top-k is {}, expected at least 1", *options.top_k);
  auto model = load_for_use<models::SequenceClassifier>(request.directory, request.dtype);
  const auto tokenizer = text::load_tokenizer(request.directory);
  const auto count = static_cast<std::size_t>(model->labels().count());
  Answers answers(request.out);
  const auto most = static_cast<std::size_t>(8 * request.batch_size);
  for_each_stretch(request, most, [&](std::span<const RequestedText> texts) {
    const auto inputs = encode(*tokenizer, texts, model->facts());
    model.expect(inputs);
    const auto scores = *tasks::classification_scores(*model, inputs, request.batch_size, model.how());
    check_scores(scores, request.directory);
    std::string lines;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      lines += line_of(std::span(scores).subspan(i * count, count), model->labels(), options);
    answers.write(lines);
  });
  answers.finish();
}

}  // namespace

void add_classify(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb = *program.app.add_subcommand("classify", "Label texts or pairs of texts with a model");
  add_request_flags(verb, o.request, "label");
  verb.add_option(
          "--top-k", o.top_k,
          "Labels a text, the likeliest first (default: 1; of a model of several labels at once, those "
          "above 0.5)")
      ->group("Output");
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
