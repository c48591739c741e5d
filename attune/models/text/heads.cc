#include "attune/models/text/heads.h"

#include <map>
#include <span>

#include "attune/ops/ops.h"

namespace attune::models {
namespace {

// What follows each token (B, T), as targets: -100 where that or the token itself is padding.
Tensor next_tokens(const TextBatch& batch) {
  const std::int64_t texts = batch.ids.dim(0), tokens = batch.ids.dim(1);
  const Tensor targets = Tensor::full(batch.ids.shape(), -100, DType::int64);  // (B, T)
  const auto* const ids = batch.ids.data<std::int64_t>();
  const bool* const seen = batch.mask.defined() ? batch.mask.data<bool>() : nullptr;
  auto* const next = targets.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < texts * tokens; ++i) {
    const bool last = (i + 1) % tokens == 0;
    if (!last && (seen == nullptr || (seen[i] && seen[i + 1]))) next[i] = ids[i + 1];
  }
  return targets;
}

// The mean over the tokens of a batch of -log p(token | those before it).
Tensor next_token_loss(const Tensor& weight, const Tensor& hidden, const TextBatch& batch,
                       const nn::Context& context) {
  const CountedRows rows = counted_rows(hidden, next_tokens(batch), context);
  return ops::linear_cross_entropy(rows.hidden, weight, rows.targets);
}

// The mean of the losses of the targets (B), each as often as its class's weight says: the sum over classes
// of the mean loss of their texts, in proportion to how much these count together.
Tensor weighted_cross_entropy(const Tensor& logits, const Tensor& targets, std::span<const double> weights) {
  const auto all = targets.to_vector<std::int64_t>();
  std::map<std::int64_t, double> counts;  // by class
  double sum = 0;
  for (const std::int64_t target : all) {
    if (target == -100) continue;
    check(target >= 0 && target < static_cast<std::int64_t>(weights.size()),
          "class weights: the target {} is out of range, expected one of {} classes", target, weights.size());
    counts[target] += weights[static_cast<std::size_t>(target)];
    sum += weights[static_cast<std::size_t>(target)];
  }
  Tensor loss;
  for (const auto& [label, weight] : counts) {
    std::vector<std::int64_t> only = all;
    for (std::int64_t& target : only) target = target == label ? target : -100;
    const Tensor mean = ops::cross_entropy(logits, Tensor::from(only, targets.shape()));
    const Tensor part = ops::scale(mean, sum > 0 ? weight / sum : 0);
    loss = loss.defined() ? ops::add(loss, part) : part;
  }
  return loss.defined() ? loss : ops::cross_entropy(logits, targets);
}

Tensor squared_error(const Tensor& logits, const Tensor& targets) {
  check(is_floating(targets.dtype()) && targets.elements() == logits.elements() &&
            (targets.shape() == logits.shape() || logits.dim(-1) == 1),
        "regression: targets are {} {}, expected float32 {}", name_of(targets.dtype()), targets.shape(),
        logits.shape());
  const Tensor error = ops::add(ops::cast(logits, targets.dtype()),
                                ops::scale(ops::reshape(targets, logits.shape()), -1));  // (B, L)
  return ops::mean(ops::multiply(error, error));
}

// The binary cross-entropy of sigmoid(x) is the cross-entropy of two classes with logits 0 and x.
Tensor binary_cross_entropy(const Tensor& logits, const Tensor& targets) {
  check(targets.dtype() == DType::int64 && targets.shape() == logits.shape(),
        "several labels at once: targets are {} {}, expected int64 {} of zeros and ones",
        name_of(targets.dtype()), targets.shape(), logits.shape());
  const Tensor yes = ops::reshape(logits, {logits.dim(0), logits.dim(1), 1});                // (B, L, 1)
  const Tensor both = ops::concatenate({Tensor::zeros(yes.shape(), yes.dtype()), yes}, -1);  // (B, L, 2)
  return ops::cross_entropy(both, targets);
}

Tensor scores_loss(ProblemType type, const Tensor& scores, const Tensor& targets,
                   std::span<const double> class_weights) {
  if (type == ProblemType::regression) return squared_error(scores, targets);
  if (type == ProblemType::multi_label_classification) return binary_cross_entropy(scores, targets);
  return class_weights.empty() ? ops::cross_entropy(scores, targets)
                               : weighted_cross_entropy(scores, targets, class_weights);
}

// Positions of a text of `tokens`, as cross-entropy takes them.
Tensor within(const Tensor& positions, std::int64_t tokens) {
  check(positions.dtype() == DType::int64 && positions.rank() == 1,
        "question answering: positions are {} {}, expected int64 (B)", name_of(positions.dtype()),
        positions.shape());
  std::vector<std::int64_t> targets = positions.to_vector<std::int64_t>();
  for (std::int64_t& target : targets) target = target >= tokens ? -100 : std::max<std::int64_t>(target, 0);
  return Tensor::from(targets, positions.shape());
}

}  // namespace

CountedRows counted_rows(const Tensor& hidden, const Tensor& targets, const nn::Context& context) {
  const std::int64_t rows = hidden.dim(0) * hidden.dim(1);
  check(targets.dtype() == DType::int64 && targets.shape() == hidden.shape().without(-1),
        "masked language modelling: targets are {} {}, expected int64 {}", name_of(targets.dtype()),
        targets.shape(), hidden.shape().without(-1));
  std::vector<std::int64_t> where, counted;
  const std::vector<std::int64_t> all = targets.to_vector<std::int64_t>();
  for (std::int64_t row = 0; row < rows; ++row) {
    if (all[static_cast<std::size_t>(row)] == -100) continue;
    where.push_back(row);
    counted.push_back(all[static_cast<std::size_t>(row)]);
  }
  const auto count = static_cast<std::int64_t>(where.size());
  const Tensor table = ops::reshape(hidden, {rows, hidden.dim(2)});           // (B T, D)
  const Tensor picked = ops::embedding(Tensor::from(where, {count}), table);  // (M, D)
  return {nn::for_products(picked, context), Tensor::from(counted, {count})};
}

BareTextModel::BareTextModel(std::shared_ptr<const TextFamily> family, TextLabels labels, bool with_pooler)
    : TextModel(std::move(family), std::move(labels), "Model") {
  if (with_pooler) pooler_ = this->family().make_pooler(root());
}

Tensor BareTextModel::hidden_states(const TextBatch& batch, const nn::Context& context) const {
  return encoder().hidden_states(batch, context);
}

Tensor BareTextModel::pooled(const Tensor& hidden, const nn::Context& context) const {
  check(has_pooler(), "this {}Model has no pooler: its directory holds none", facts().class_names);
  return pooler_(hidden, context);
}

VocabularyModel::VocabularyModel(std::shared_ptr<const TextFamily> family, TextLabels labels,
                                 std::string suffix)
    : TextModel(std::move(family), std::move(labels), std::move(suffix)),
      head_(this->family().make_vocabulary(root(), encoder())) {
  head_.transform = required(std::move(head_.transform));
}

Tensor VocabularyModel::vocabulary_logits(const Tensor& hidden, const nn::Context& context) const {
  return ops::linear(head_.transform(hidden, context), head_.weight, head_.bias);  // (..., V)
}

Tensor VocabularyModel::vocabulary_loss(const Tensor& hidden, const Tensor& targets,
                                        const nn::Context& context) const {
  const CountedRows rows = counted_rows(hidden, targets, context);
  return ops::linear_cross_entropy(head_.transform(rows.hidden, context), head_.weight, head_.bias,
                                   rows.targets);
}

MaskedLanguageModel::MaskedLanguageModel(std::shared_ptr<const TextFamily> family, TextLabels labels)
    : VocabularyModel(std::move(family), std::move(labels), "ForMaskedLM") {}

Tensor MaskedLanguageModel::logits(const TextBatch& batch, const nn::Context& context) const {
  return vocabulary_logits(encoder().hidden_states(batch, context), context);
}

Tensor MaskedLanguageModel::loss(const TextBatch& batch, const Tensor& targets,
                                 const nn::Context& context) const {
  return vocabulary_loss(encoder().hidden_states(batch, context), targets, context);
}

PretrainingModel::PretrainingModel(std::shared_ptr<const TextFamily> family, TextLabels labels)
    : VocabularyModel(std::move(family), std::move(labels), "ForPreTraining"),
      pair_(required(this->family().make_pair(root()))) {}

Tensor PretrainingModel::pair_logits(const Tensor& hidden, const nn::Context& context) const {
  return pair_(hidden, context);
}

PretrainingModel::Logits PretrainingModel::logits(const TextBatch& batch, const nn::Context& context) const {
  const Tensor hidden = encoder().hidden_states(batch, context);  // (B, T, D)
  return {vocabulary_logits(hidden, context), pair_logits(hidden, context)};
}

Tensor PretrainingModel::loss(const TextBatch& batch, const Tensor& targets, const Tensor& pairs,
                              const nn::Context& context) const {
  const Tensor hidden = encoder().hidden_states(batch, context);  // (B, T, D)
  return ops::add(vocabulary_loss(hidden, targets, context),
                  ops::cross_entropy(pair_logits(hidden, context), pairs));
}

SequenceClassifier::SequenceClassifier(std::shared_ptr<const TextFamily> family, TextLabels labels)
    : TextModel(std::move(family), std::move(labels), "ForSequenceClassification"),
      head_(this->family().make_classifier(root(), this->labels().count())) {}

Tensor SequenceClassifier::logits(const TextBatch& batch, const nn::Context& context) const {
  return head_(text_states(encoder().hidden_states(batch, context), batch), context);
}

Tensor SequenceClassifier::loss(const TextBatch& batch, const Tensor& targets,
                                const nn::Context& context) const {
  return loss(batch, targets, {}, context);
}

Tensor SequenceClassifier::loss(const TextBatch& batch, const Tensor& targets,
                                const ClassificationTerms& terms, const nn::Context& context) const {
  const Tensor hidden = encoder().hidden_states(batch, context);     // (B, T, D)
  const Tensor scores = head_(text_states(hidden, batch), context);  // (B, L)
  const Tensor loss = scores_loss(labels().problem_type(), scores, targets, terms.class_weights);
  if (terms.lm_weight == 0) return loss;
  const Tensor weight = next_token_weight();
  return ops::add(loss, ops::scale(next_token_loss(weight, hidden, batch, context), terms.lm_weight));
}

Tensor SymmetricSequenceClassifier::text_states(const Tensor& hidden, const TextBatch& batch) const {
  const Tensor states = SequenceClassifier::text_states(hidden, batch);  // (2 B, 1, D)
  check(states.dim(0) % 2 == 0, "a symmetric classifier takes pairs in both orders, got {} texts",
        states.dim(0));
  const std::int64_t pairs = states.dim(0) / 2;
  return ops::add(ops::slice(states, 0, 0, pairs), ops::slice(states, 0, pairs, 2 * pairs));  // (B, 1, D)
}

TokenClassifier::TokenClassifier(std::shared_ptr<const TextFamily> family, TextLabels labels)
    : TextModel(std::move(family), std::move(labels), "ForTokenClassification"),
      head_(required(this->family().make_token_classifier(root(), this->labels().count()))) {}

Tensor TokenClassifier::logits(const TextBatch& batch, const nn::Context& context) const {
  return head_(encoder().hidden_states(batch, context), context);
}

Tensor TokenClassifier::loss(const TextBatch& batch, const Tensor& targets,
                             const nn::Context& context) const {
  return ops::cross_entropy(logits(batch, context), targets);
}

QuestionAnswerer::QuestionAnswerer(std::shared_ptr<const TextFamily> family, TextLabels labels)
    : TextModel(std::move(family), std::move(labels), "ForQuestionAnswering"),
      head_(required(this->family().make_span(root()))) {}

QuestionAnswerer::Logits QuestionAnswerer::logits(const TextBatch& batch, const nn::Context& context) const {
  const Tensor both = head_(encoder().hidden_states(batch, context), context);  // (B, T, 2)
  const auto column = [&both](std::int64_t i) {
    return ops::reshape(ops::slice(both, 2, i, i + 1), {both.dim(0), both.dim(1)});  // (B, T)
  };
  return {column(0), column(1)};
}

Tensor QuestionAnswerer::loss(const TextBatch& batch, const Tensor& starts, const Tensor& ends,
                              const nn::Context& context) const {
  const auto [start, end] = logits(batch, context);
  const std::int64_t tokens = batch.ids.dim(1);
  return ops::scale(ops::add(ops::cross_entropy(start, within(starts, tokens)),
                             ops::cross_entropy(end, within(ends, tokens))),
                    0.5);
}

MultipleChoiceModel::MultipleChoiceModel(const std::shared_ptr<const TextFamily>& family, TextLabels labels)
    : TextModel(family, std::move(labels), family->facts().choice_class),
      head_(this->family().make_choice(root())) {}

Tensor MultipleChoiceModel::logits(const TextBatch& batch, std::int64_t choices,
                                   const nn::Context& context) const {
  return scores(encoder().hidden_states(batch, context), batch, choices, context);
}

Tensor MultipleChoiceModel::scores(const Tensor& hidden, const TextBatch& batch, std::int64_t choices,
                                   const nn::Context& context) const {
  check(choices >= 1 && batch.ids.dim(0) % choices == 0,
        "multiple choice: {} texts, expected a multiple of the {} choices", batch.ids.dim(0), choices);
  const Tensor values = head_(encoder().text_states(hidden, batch), context);  // (B C, 1)
  return ops::reshape(values, {batch.ids.dim(0) / choices, choices});          // (B, C)
}

Tensor MultipleChoiceModel::loss(const TextBatch& batch, std::int64_t choices, const Tensor& targets,
                                 const nn::Context& context) const {
  return loss(batch, choices, targets, /*lm_weight=*/0, context);
}

Tensor MultipleChoiceModel::loss(const TextBatch& batch, std::int64_t choices, const Tensor& targets,
                                 double lm_weight, const nn::Context& context) const {
  const Tensor hidden = encoder().hidden_states(batch, context);  // (B C, T, D)
  const Tensor loss = ops::cross_entropy(scores(hidden, batch, choices, context), targets);
  if (lm_weight == 0) return loss;
  const Tensor weight = next_token_weight();
  return ops::add(loss, ops::scale(next_token_loss(weight, hidden, batch, context), lm_weight));
}

std::unique_ptr<BareTextModel> load_text_encoder(const std::filesystem::path& directory,
                                                 const LoadOptions& options) {
  const auto family = read_text_family(directory);
  const bool with_pooler =
      has_parameter(io::Safetensors(directory), family->weights(/*with_head=*/false), "pooler.weight");
  auto model = std::make_unique<BareTextModel>(family, read_text_labels(directory), with_pooler);
  model->load(directory, options);
  return model;
}

std::unique_ptr<SequenceClassifier> make_sequence_classifier(std::shared_ptr<const TextFamily> family,
                                                             TextLabels labels) {
  const auto& format = family->facts().input_format;
  if (format && format->symmetric)
    return std::make_unique<SymmetricSequenceClassifier>(std::move(family), std::move(labels));
  return std::make_unique<SequenceClassifier>(std::move(family), std::move(labels));
}

std::unique_ptr<SequenceClassifier> load_sequence_classifier(const std::filesystem::path& directory,
                                                             const LoadOptions& options) {
  auto model = make_sequence_classifier(read_text_family(directory), read_text_labels(directory));
  model->load(directory, options);
  return model;
}

namespace {

// Loads what the directory has; draws the head, where it is missing or has other labels, and rows of new
// tokens.
std::vector<std::string> load_and_draw(TextModel& model, const std::filesystem::path& directory,
                                       Generator& generator) {
  FreshBlocks fresh = fresh_head(model.labels(), read_text_labels(directory), generator);
  if (model.facts().input_format) fresh.grown = {"token_embedding."};
  return model.load(directory, {.fresh = fresh}).fresh;
}

}  // namespace

StartedModel<SequenceClassifier> start_sequence_classifier(std::shared_ptr<const TextFamily> family,
                                                           const std::filesystem::path& directory,
                                                           const TextLabels& labels, Generator& generator) {
  auto model = make_sequence_classifier(std::move(family), labels);
  auto fresh = load_and_draw(*model, directory, generator);
  return {std::move(model), std::move(fresh)};
}

StartedModel<MultipleChoiceModel> start_multiple_choice(const std::shared_ptr<const TextFamily>& family,
                                                        const std::filesystem::path& directory,
                                                        Generator& generator) {
  auto model = std::make_unique<MultipleChoiceModel>(family, TextLabels{.names = {"LABEL_0"}});
  auto fresh = load_and_draw(*model, directory, generator);
  return {std::move(model), std::move(fresh)};
}

FreshBlocks fresh_head(const std::optional<TextLabels>& wanted, const TextLabels& stored,
                       Generator& generator) {
  FreshBlocks fresh{.if_missing = {"predictions.", "classifier.", "pair.", "span.", "pooler."},
                    .always = {},
                    .generator = &generator};
  if (wanted && wanted->names != stored.names) fresh.always = {"classifier."};
  return fresh;
}

}  // namespace attune::models
