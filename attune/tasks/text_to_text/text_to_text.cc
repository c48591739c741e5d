#include "attune/tasks/text_to_text/text_to_text.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/tasks/metrics/bleu.h"
#include "attune/tasks/metrics/chrf.h"
#include "attune/tasks/metrics/pairs.h"
#include "attune/tasks/metrics/whitespace.h"
#include "attune/tasks/text_to_text/translation.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

// Sets the order of batches apart from the parameters' first values, which have the same seed.
constexpr std::uint64_t batch_stream = 0x7e87;
// Padded tokens of a batch that is evaluated.
constexpr std::int64_t evaluation_tokens = 4096;

std::vector<std::int64_t> lengths_of(const text::ParallelCorpus& pairs) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t i = 0; i < pairs.size(); ++i)
    lengths.push_back(pairs.source.length(i) + pairs.target.length(i));
  return lengths;
}

std::string collapsed(std::string_view text) {
  std::string words;
  for_each_word(text, [&](std::string_view word) {
    if (!words.empty()) words += ' ';
    words += word;
  });
  return words;
}

}  // namespace

TextToText::TextToText(const models::SequenceToSequenceModel& model, TextToTextExamples train,
                       std::optional<TextToTextExamples> valid, WriteTexts write,
                       const TextToTextOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      write_(std::move(write)),
      options_(options),
      batches_(lengths_of(train_.pairs), options.batch_size, fold_in(options.seed, batch_stream)) {
  if (!(options.label_smoothing >= 0 && options.label_smoothing < 1))
    fail_usage("--label-smoothing is {}, expected 0 <= e < 1", options.label_smoothing);
  if (options.write_examples < 0)
    fail_usage("--eval-examples is {}, expected 0 (all) or more", options.write_examples);
}

MicroBatchLoss TextToText::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const auto batch = make_translation_batch(model_, train_.pairs, batches_.batch(which));
  return {model_.loss(batch.source, batch.inputs, batch.targets, options_.label_smoothing, context),
          static_cast<double>(batch.tokens)};
}

// The first ones of each task.
std::vector<std::uint32_t> TextToText::pairs_to_write() const {
  const auto most = static_cast<std::size_t>(options_.write_examples);
  std::vector<std::size_t> taken(std::max<std::size_t>(1, valid_->tasks.size()));
  std::vector<std::uint32_t> pairs;
  for (std::size_t pair = 0; pair < valid_->targets.size(); ++pair) {
    const std::size_t task = valid_->task_of.empty() ? 0 : valid_->task_of[pair];
    if (most == 0 || taken[task]++ < most) pairs.push_back(static_cast<std::uint32_t>(pair));
  }
  return pairs;
}

std::optional<std::vector<std::string>> TextToText::written(std::span<const std::uint32_t> pairs,
                                                            const std::function<bool()>& stopped) const {
  const auto all = lengths_of(valid_->pairs);
  std::vector<std::int64_t> lengths;
  for (const std::uint32_t pair : pairs) lengths.push_back(all[pair]);
  std::vector<std::string> texts(pairs.size());
  const auto write = [&](std::span<const std::uint32_t> which) {
    std::vector<std::vector<std::int64_t>> sources;
    for (const std::uint32_t i : which) {
      sources.emplace_back(static_cast<std::size_t>(valid_->pairs.source.length(pairs[i])));
      valid_->pairs.source.read(pairs[i], sources.back());
    }
    std::vector<std::string> some = write_(sources);
    for (std::size_t row = 0; row < which.size(); ++row) texts[which[row]] = std::move(some[row]);
  };
  if (!for_each_by_length(std::move(lengths), options_.batch_size, write, stopped)) return std::nullopt;
  return texts;
}

std::vector<std::string> TextToText::metric_names() const {
  std::vector<std::string> names = {"perplexity"};
  const auto add = [&](const std::string& prefix) {
    names.push_back(prefix + "exact_match");
    if (options_.translation_metrics) names.insert(names.end(), {prefix + "bleu", prefix + "chrf"});
  };
  add("");
  if (valid_ && valid_->tasks.size() > 1) {
    for (const std::string& task : valid_->tasks) add(task + "_");
  }
  return names;
}

std::optional<Evaluation> TextToText::evaluate(const nn::Context& context,
                                               const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there are no validation texts");
  const auto predicted = evaluate_translation(model_, valid_->pairs, evaluation_tokens, context, stopped);
  if (!predicted) return std::nullopt;
  const auto pairs = pairs_to_write();
  const auto texts = written(pairs, stopped);
  if (!texts) return std::nullopt;
  Evaluation evaluation{predicted->loss, {{"perplexity", predicted->perplexity}}};
  const auto measure = [&](const std::string& prefix, const auto& is_counted) {
    std::vector<std::string> some, references;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (!is_counted(pairs[i])) continue;
      some.push_back((*texts)[i]);
      references.push_back(valid_->targets[pairs[i]]);
    }
    evaluation.metrics.emplace_back(prefix + "exact_match", exact_match(some, references));
    if (!options_.translation_metrics) return;
    evaluation.metrics.emplace_back(prefix + "bleu", corpus_bleu(some, references).score);
    evaluation.metrics.emplace_back(prefix + "chrf", corpus_chrf(some, references));
  };
  measure("", [](std::uint32_t) { return true; });
  for (std::size_t task = 0; valid_->tasks.size() > 1 && task < valid_->tasks.size(); ++task)
    measure(valid_->tasks[task] + "_", [&](std::uint32_t pair) { return valid_->task_of[pair] == task; });
  return evaluation;
}

double exact_match(std::span<const std::string> texts, std::span<const std::string> references) {
  check_pairs("exact match", texts.size(), references.size());
  double hits = 0;
  for (std::size_t i = 0; i < texts.size(); ++i)
    hits += collapsed(texts[i]) == collapsed(references[i]) ? 1 : 0;
  return hits / static_cast<double>(texts.size());
}

}  // namespace attune::tasks
