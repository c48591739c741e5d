#include "attune/tasks/masked_language_modeling/masked_language_modeling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/ops/ops.h"
#include "attune/tasks/targets.h"

namespace attune::tasks {
namespace {

// Set draws apart that have the run's seed.
constexpr std::uint64_t order_stream = 0x3a5c1, mask_stream = 0x3a5c2;
constexpr std::uint64_t evaluation_seed = 0x3a5c3;

std::vector<std::int64_t> sizes_of(const std::vector<MaskedExamples>& languages) {
  std::vector<std::int64_t> sizes;
  for (const MaskedExamples& examples : languages) sizes.push_back(examples.size());
  return sizes;
}

MaskedBatch collate(const std::vector<MaskedExample>& examples, const models::TextFacts& facts) {
  std::vector<TextInput> inputs;
  for (const MaskedExample& example : examples) inputs.push_back(example.input);
  std::vector<std::uint32_t> all(inputs.size());
  std::iota(all.begin(), all.end(), 0U);
  MaskedBatch batch{.texts = make_text_batch(inputs, all, facts)};  // (B, T)
  batch.targets = Tensor::full(batch.texts.ids.shape(), ignored_target, DType::int64);
  batch.pair_labels = Tensor::empty({batch.texts.ids.dim(0)}, DType::int64);
  for (std::size_t row = 0; row < examples.size(); ++row) {
    const auto& targets = examples[row].targets;
    std::ranges::copy(targets, row_of(batch.targets, static_cast<std::int64_t>(row)).begin());
    batch.pair_labels.mutable_data<std::int64_t>()[row] = examples[row].pair_label;
    batch.predicted +=
        std::ranges::count_if(targets, [](std::int64_t target) { return target != ignored_target; });
  }
  return batch;
}

std::int64_t count_equal(const Tensor& tokens, const Tensor& targets) {
  const auto a = tokens.to_vector<std::int64_t>(), b = targets.to_vector<std::int64_t>();
  std::int64_t equal = 0;
  for (std::size_t i = 0; i < b.size(); ++i) equal += a[i] == b[i] ? 1 : 0;
  return equal;
}

// An example and where it is from.
struct Place {
  std::size_t language;
  std::int64_t example, length;
};

std::vector<Place> by_length(const std::vector<MaskedExamples>& languages) {
  std::vector<Place> places;
  for (std::size_t language = 0; language < languages.size(); ++language) {
    for (std::int64_t i = 0; i < languages[language].size(); ++i)
      places.push_back({language, i, languages[language].length(i)});
  }
  std::ranges::stable_sort(places, {}, &Place::length);
  return places;
}

const char* pair_accuracy(PairObjective pairs) {
  return pairs == PairObjective::next_sentence ? "next_sentence_accuracy" : "sentence_order_accuracy";
}

// Sums over what was predicted.
struct Sums {
  double loss = 0, pair_loss = 0;
  std::int64_t tokens = 0, correct = 0, pairs = 0, correct_pairs = 0;
};

void add_batch(const models::VocabularyModel& model, const MaskedBatch& batch, const nn::Context& context,
               Sums& sums) {
  const Tensor hidden = model.encoder().hidden_states(batch.texts, context);          // (B, T, D)
  const auto [rows, targets] = models::counted_rows(hidden, batch.targets, context);  // (M, D), (M)
  constexpr std::int64_t rows_of_part = 256;  // so that not all logits live at once
  for (std::int64_t begin = 0; begin < rows.dim(0); begin += rows_of_part) {
    const std::int64_t end = std::min(rows.dim(0), begin + rows_of_part);
    const Tensor wanted = ops::contiguous(ops::slice(targets, 0, begin, end));  // (m)
    const Tensor logits = ops::cast(model.vocabulary_logits(ops::slice(rows, 0, begin, end), context),
                                    DType::float32);  // (m, V)
    sums.loss += ops::cross_entropy(logits, wanted).item() * static_cast<double>(end - begin);
    sums.correct += count_equal(ops::top_log_probs(logits, 1).tokens, wanted);
  }
  sums.tokens += rows.dim(0);
  const auto* const pair_model = dynamic_cast<const models::PretrainingModel*>(&model);
  if (pair_model == nullptr) return;
  const Tensor pair = ops::cast(pair_model->pair_logits(hidden, context), DType::float32);  // (B, 2)
  sums.pair_loss += ops::cross_entropy(pair, batch.pair_labels).item() * static_cast<double>(pair.dim(0));
  sums.correct_pairs += count_equal(ops::top_log_probs(pair, 1).tokens, batch.pair_labels);
  sums.pairs += pair.dim(0);
}

}  // namespace

MaskedLanguageModeling::MaskedLanguageModeling(const models::VocabularyModel& model,
                                               std::vector<MaskedExamples> train,
                                               std::vector<MaskedExamples> valid,
                                               const MaskedLanguageModelingOptions& options)
    : model_(model),
      pair_model_(dynamic_cast<const models::PretrainingModel*>(&model)),
      train_(std::move(train)),
      valid_(std::move(valid)),
      options_(options),
      sampling_(sizes_of(train_), options.language_smoothing, fold_in(options.seed, order_stream)),
      batches_(sampling_.per_epoch(), options.batch_size, fold_in(options.seed, order_stream + 1),
               [this](std::int64_t epoch, std::int64_t place) {
                 const auto [language, example, visit] = sampling_.at(epoch, place);
                 return train_[language].length(example);
               }) {
  const bool pairs = options_.pairs != PairObjective::none;
  check(pairs == (pair_model_ != nullptr), "a {} objective of pairs needs a model {} a head for pairs",
        pairs ? "pre-training" : "missing", pairs ? "with" : "without");
}

MaskedBatch MaskedLanguageModeling::batch(const MicroBatchIndex& which) {
  const std::int64_t done = which.done(), per_epoch = batches_.per_epoch();
  const std::int64_t epoch = done / per_epoch;
  std::vector<MaskedExample> examples;
  for (const std::int64_t place : batches_.batch(epoch, done % per_epoch)) {
    const auto [language, example, visit] = sampling_.at(epoch, place);
    const bool again = options_.masking == MaskSchedule::dynamic;
    const std::uint64_t seed = fold_in(fold_in(options_.seed, mask_stream), language);
    examples.push_back(train_[language].example(
        example, fold_in(seed, again ? static_cast<std::uint64_t>(visit) : std::uint64_t{0})));
  }
  return collate(examples, model_.facts());
}

MicroBatchLoss MaskedLanguageModeling::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const MaskedBatch made = batch(which);
  const auto weight = static_cast<double>(std::max<std::int64_t>(1, made.predicted));
  if (pair_model_ != nullptr)
    return {pair_model_->loss(made.texts, made.targets, made.pair_labels, context), weight};
  return {dynamic_cast<const models::MaskedLanguageModel&>(model_).loss(made.texts, made.targets, context),
          weight};
}

std::vector<std::string> MaskedLanguageModeling::metric_names() const {
  std::vector<std::string> names = {"perplexity", "masked_accuracy"};
  if (pair_model_ != nullptr)
    names.insert(names.end(), {"masked_loss", "pair_loss", pair_accuracy(options_.pairs)});
  return names;
}

std::optional<Evaluation> MaskedLanguageModeling::evaluate(const nn::Context& context,
                                                           const std::function<bool()>& stopped) {
  check(!valid_.empty(), "there is no validation text");
  return evaluate_masked_tokens(model_, valid_, options_.pairs, options_.batch_size, context, stopped);
}

std::optional<Evaluation> evaluate_masked_tokens(const models::VocabularyModel& model,
                                                 const std::vector<MaskedExamples>& languages,
                                                 PairObjective pairs, std::int64_t batch_size,
                                                 const nn::Context& how,
                                                 const std::function<bool()>& stopped) {
  const NoGrad no_grad;
  Sums sums;
  const std::vector<Place> places = by_length(languages);
  const auto most = static_cast<std::size_t>(batch_size);
  for (std::size_t begin = 0; begin < places.size(); begin += most) {
    if (stopped && stopped()) return std::nullopt;
    std::vector<MaskedExample> examples;
    for (std::size_t i = begin; i < std::min(places.size(), begin + most); ++i)
      examples.push_back(languages[places[i].language].example(places[i].example,
                                                               fold_in(evaluation_seed, places[i].language)));
    add_batch(model, collate(examples, model.facts()), how, sums);
  }
  check(sums.tokens > 0, "the validation text has no token that can be masked");
  const double loss = sums.loss / static_cast<double>(sums.tokens);
  Evaluation evaluation{
      loss,
      {{"perplexity", std::exp(loss)},
       {"masked_accuracy", static_cast<double>(sums.correct) / static_cast<double>(sums.tokens)}}};
  if (pairs == PairObjective::none) return evaluation;
  const double pair_loss = sums.pair_loss / static_cast<double>(sums.pairs);
  evaluation.loss += pair_loss;
  evaluation.metrics.emplace_back("masked_loss", loss);
  evaluation.metrics.emplace_back("pair_loss", pair_loss);
  evaluation.metrics.emplace_back(pair_accuracy(pairs),
                                  static_cast<double>(sums.correct_pairs) / static_cast<double>(sums.pairs));
  return evaluation;
}

}  // namespace attune::tasks
