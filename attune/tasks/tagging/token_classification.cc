#include "attune/tasks/tagging/token_classification.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/ops/cast/cast.h"
#include "attune/tasks/metrics/classification.h"
#include "attune/tasks/metrics/entities.h"
#include "attune/tasks/tagging/word_labels.h"
#include "attune/tasks/targets.h"
#include "attune/tensor/random.h"
#include "attune/text/corpora/conll.h"

namespace attune::tasks {
namespace {

// Sets the order of batches apart from the parameters' first values, which have the same seed.
constexpr std::uint64_t batch_stream = 0x70c;

struct Targets {
  Tensor labels;  // (B, T) int64
  std::int64_t words = 0;
};

// The label of every first token of a word, and nothing for the others.
Targets make_targets(const LabelledSentences& sentences, std::span<const std::uint32_t> which,
                     std::int64_t length) {
  Targets targets{.labels = Tensor::full({static_cast<std::int64_t>(which.size()), length}, ignored_target,
                                         DType::int64)};  // (B, T)
  for (std::size_t row = 0; row < which.size(); ++row) {
    const auto of_tokens =
        token_targets(sentences.sentences.word_ids[which[row]], sentences.labels[which[row]]);
    std::ranges::copy(of_tokens, row_of(targets.labels, static_cast<std::int64_t>(row)).begin());
    targets.words += std::ssize(of_tokens) - std::ranges::count(of_tokens, ignored_target);
  }
  return targets;
}

// What evaluation gathers: the label of every word, and the cross-entropy of those with a token.
class Findings {
 public:
  Findings(const LabelledSentences& truth, std::span<const std::string> names)
      : truth_(truth), names_(names), entities_(are_entity_labels(names)), predicted_(truth.labels.size()) {}

  void add(std::size_t sentence, std::span<const float> scores) {
    const auto& word_ids = truth_.sentences.word_ids[sentence];
    const auto& labels = truth_.labels[sentence];
    const auto row = [&](std::size_t token) {
      return scores.subspan(token * names_.size(), names_.size());  // (L)
    };
    std::vector<std::int64_t> best(word_ids.size());
    for (std::size_t token = 0; token < best.size(); ++token) {
      const auto of_token = row(token);
      best[token] = std::ranges::max_element(of_token) - of_token.begin();
    }
    for (const std::int64_t label : word_predictions(word_ids, best, labels.size(), ignored_target))
      predicted_[sentence].push_back(name_of(label));
    const auto targets = token_targets(word_ids, labels);
    for (std::size_t token = 0; token < targets.size(); ++token) {
      if (targets[token] == ignored_target) continue;
      loss_ += cross_entropy(row(token), targets[token]);
      ++words_;
    }
  }

  Evaluation evaluation() const {
    std::vector<std::vector<std::string>> actual;
    for (const auto& labels : truth_.labels) {
      auto& names = actual.emplace_back();
      for (const std::int64_t label : labels) names.push_back(name_of(label));
    }
    const EntityScores scores = entity_scores(predicted_, actual);
    Evaluation evaluation{.loss = loss_ / static_cast<double>(std::max<std::int64_t>(words_, 1)),
                          .metrics = {}};
    if (entities_) {
      evaluation.metrics = {{"precision", scores.overall.precision},
                            {"recall", scores.overall.recall},
                            {"f1", scores.overall.f1}};
    }
    evaluation.metrics.emplace_back("accuracy", scores.accuracy);
    return evaluation;
  }

 private:
  std::string name_of(std::int64_t label) const {
    if (label == ignored_target) return entities_ ? "O" : "";
    return names_[static_cast<std::size_t>(label)];
  }

  const LabelledSentences& truth_;
  std::span<const std::string> names_;
  bool entities_;
  std::vector<std::vector<std::string>> predicted_;
  double loss_ = 0;
  std::int64_t words_ = 0;
};

}  // namespace

void WordInputs::add(const text::Tokenizer& tokenizer, std::span<const std::string> words,
                     std::int64_t max_length) {
  text::Encoding encoding = tokenizer.encode_words(
      words, {.truncation = text::Truncation{.max_length = static_cast<std::size_t>(max_length)}});
  cut += encoding.overflowing.empty() ? 0 : 1;
  inputs.push_back({std::move(encoding.ids), std::move(encoding.type_ids)});
  word_ids.push_back(std::move(encoding.word_ids));
}

TokenClassification::TokenClassification(const models::TokenClassifier& model, LabelledSentences train,
                                         std::optional<LabelledSentences> valid,
                                         const TokenClassificationOptions& options)
    : model_(model),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(options),
      batches_(lengths_of(train_.sentences.inputs), options.batch_size, fold_in(options.seed, batch_stream)) {
}

MicroBatchLoss TokenClassification::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const auto examples = batches_.batch(which);
  const auto batch = make_text_batch(train_.sentences.inputs, examples, model_.facts());
  const auto [labels, words] = make_targets(train_, examples, batch.ids.dim(1));
  return {model_.loss(batch, labels, context), static_cast<double>(words)};
}

std::vector<std::string> TokenClassification::metric_names() const {
  if (!are_entity_labels(model_.labels().names)) return {"accuracy"};
  return {"precision", "recall", "f1", "accuracy"};
}

std::optional<Evaluation> TokenClassification::evaluate(const nn::Context& context,
                                                        const std::function<bool()>& stopped) {
  check(valid_.has_value(), "there are no validation sentences");
  return evaluate_words(model_, *valid_, options_.batch_size, context, stopped);
}

bool for_each_scored(const models::TokenClassifier& model, std::span<const TextInput> inputs,
                     std::int64_t batch_size, const nn::Context& how, const VisitScores& visit,
                     const std::function<bool()>& stopped) {
  const auto labels = static_cast<std::size_t>(model.labels().count());
  const auto score = [&](std::span<const std::uint32_t> which) {
    const auto batch = make_text_batch(inputs, which, model.facts());
    const auto scores = ops::cast(model.logits(batch, how), DType::float32).to_vector<float>();  // (B, T, L)
    const std::size_t row = static_cast<std::size_t>(batch.ids.dim(1)) * labels;
    for (std::size_t b = 0; b < which.size(); ++b)
      visit(which[b], std::span(scores).subspan(b * row, inputs[which[b]].ids.size() * labels));
  };
  return for_each_by_length(lengths_of(inputs), batch_size, score, stopped);
}

std::optional<Evaluation> evaluate_words(const models::TokenClassifier& model, const LabelledSentences& truth,
                                         std::int64_t batch_size, const nn::Context& how,
                                         const std::function<bool()>& stopped) {
  Findings findings(truth, model.labels().names);
  const auto add = [&](std::size_t sentence, std::span<const float> scores) {
    findings.add(sentence, scores);
  };
  if (!for_each_scored(model, truth.sentences.inputs, batch_size, how, add, stopped)) return std::nullopt;
  return findings.evaluation();
}

bool are_entity_labels(std::span<const std::string> labels) {
  return std::ranges::all_of(labels, text::is_entity_tag);
}

}  // namespace attune::tasks
