#include "attune/models/text/heads.h"

#include "attune/ops/ops.h"

namespace attune::models {
namespace {

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
      head_(this->family().make_vocabulary(root(), encoder())) {}

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
  return head_(encoder().hidden_states(batch, context), context);
}

Tensor SequenceClassifier::loss(const TextBatch& batch, const Tensor& targets,
                                const nn::Context& context) const {
  const Tensor scores = logits(batch, context);  // (B, L)
  switch (labels().problem_type()) {
    case ProblemType::regression:
      return squared_error(scores, targets);
    case ProblemType::multi_label_classification:
      return binary_cross_entropy(scores, targets);
    case ProblemType::single_label_classification:
      break;
  }
  return ops::cross_entropy(scores, targets);
}

TokenClassifier::TokenClassifier(std::shared_ptr<const TextFamily> family, TextLabels labels)
    : TextModel(std::move(family), std::move(labels), "ForTokenClassification"),
      head_(this->family().make_token_classifier(root(), this->labels().count())) {}

Tensor TokenClassifier::logits(const TextBatch& batch, const nn::Context& context) const {
  return head_(encoder().hidden_states(batch, context), context);
}

Tensor TokenClassifier::loss(const TextBatch& batch, const Tensor& targets,
                             const nn::Context& context) const {
  return ops::cross_entropy(logits(batch, context), targets);
}

QuestionAnswerer::QuestionAnswerer(std::shared_ptr<const TextFamily> family, TextLabels labels)
    : TextModel(std::move(family), std::move(labels), "ForQuestionAnswering"),
      head_(this->family().make_span(root())) {}

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

MultipleChoiceModel::MultipleChoiceModel(std::shared_ptr<const TextFamily> family, TextLabels labels)
    : TextModel(std::move(family), std::move(labels), "ForMultipleChoice"),
      head_(this->family().make_choice(root())) {}

Tensor MultipleChoiceModel::logits(const TextBatch& batch, std::int64_t choices,
                                   const nn::Context& context) const {
  check(choices >= 1 && batch.ids.dim(0) % choices == 0,
        "multiple choice: {} texts, expected a multiple of the {} choices", batch.ids.dim(0), choices);
  const Tensor scores = head_(encoder().hidden_states(batch, context), context);  // (B C, 1)
  return ops::reshape(scores, {batch.ids.dim(0) / choices, choices});             // (B, C)
}

Tensor MultipleChoiceModel::loss(const TextBatch& batch, std::int64_t choices, const Tensor& targets,
                                 const nn::Context& context) const {
  return ops::cross_entropy(logits(batch, choices, context), targets);
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

FreshBlocks fresh_head(const std::optional<TextLabels>& wanted, const TextLabels& stored,
                       Generator& generator) {
  FreshBlocks fresh{.if_missing = {"predictions.", "classifier.", "pair.", "span.", "pooler."},
                    .always = {},
                    .generator = &generator};
  if (wanted && wanted->names != stored.names) fresh.always = {"classifier."};
  return fresh;
}

}  // namespace attune::models
