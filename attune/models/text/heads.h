// The heads of pretrained encoders, one class a head, and how they are read from model directories.
//
// Shapes: B texts, T tokens, D width, V vocabulary, L labels, C choices. Losses are scalars: means, as
// Hugging Face's classes of the same names compute them.
#pragma once

#include <optional>

#include "attune/models/text/model.h"

namespace attune::models {

// The encoder alone (HF: AutoModel).
class BareTextModel : public TextModel {
 public:
  // `with_pooler`: whether the pooler is among its parameters, where the family has one.
  BareTextModel(std::shared_ptr<const TextFamily> family, TextLabels labels, bool with_pooler = true);

  Tensor hidden_states(const TextBatch& batch, const nn::Context& context) const;  // (B, T, D)
  bool has_pooler() const { return static_cast<bool>(pooler_); }
  // Hidden states (B, T, D) -> (B, D). Throws Error without a pooler.
  Tensor pooled(const Tensor& hidden, const nn::Context& context) const;

 private:
  HeadLayers pooler_;
};

// The rows of hidden states (B, T, D) whose target (B, T) counts, in the type of products, and these targets.
struct CountedRows {
  Tensor hidden, targets;  // (M, D), (M)
};
CountedRows counted_rows(const Tensor& hidden, const Tensor& targets, const nn::Context& context);

// What masked language models share: scores over the vocabulary (Devlin et al., 1810.04805, section 3.1).
class VocabularyModel : public TextModel {
 public:
  // (..., D) -> (..., V): what each token may have been, for all of the hidden states or for some rows.
  Tensor vocabulary_logits(const Tensor& hidden, const nn::Context& context) const;

 protected:
  VocabularyModel(std::shared_ptr<const TextFamily> family, TextLabels labels, std::string suffix);

  // Of hidden states (B, T, D) and targets (B, T) int64; those of -100 do not count, and only the others go
  // through the output layer.
  Tensor vocabulary_loss(const Tensor& hidden, const Tensor& targets, const nn::Context& context) const;

 private:
  VocabularyHead head_;
};

class MaskedLanguageModel : public VocabularyModel {
 public:
  MaskedLanguageModel(std::shared_ptr<const TextFamily> family, TextLabels labels);

  Tensor logits(const TextBatch& batch, const nn::Context& context) const;  // (B, T, V)
  // Targets (B, T) int64; those of -100 do not count.
  Tensor loss(const TextBatch& batch, const Tensor& targets, const nn::Context& context) const;
};

// Masked language modelling and whether the second text follows the first: next sentence (BERT, 1810.04805,
// section 3.1), sentence order (ALBERT, 1909.11942, section 3.1).
class PretrainingModel : public VocabularyModel {
 public:
  PretrainingModel(std::shared_ptr<const TextFamily> family, TextLabels labels);

  Tensor pair_logits(const Tensor& hidden, const nn::Context& context) const;  // (B, T, D) -> (B, 2)

  struct Logits {
    Tensor vocabulary;  // (B, T, V)
    Tensor pair;        // (B, 2)
  };
  Logits logits(const TextBatch& batch, const nn::Context& context) const;
  // The sum of the two losses. Targets (B, T) as above; pairs (B) int64: 0 when the second text follows
  // (BERT) or stands in its order (ALBERT), 1 otherwise.
  Tensor loss(const TextBatch& batch, const Tensor& targets, const Tensor& pairs,
              const nn::Context& context) const;

 private:
  HeadLayers pair_;
};

// What the loss of a classifier has beside the mean over its texts.
struct ClassificationTerms {
  // The weight of the auxiliary language-model loss, lambda of Radford et al. (2018), equation 5: the mean
  // loss of each token of the batch, predicted from those before it, is added so many times.
  double lm_weight = 0;
  // One a label, or none: a text counts so many times (PyTorch's CrossEntropyLoss(weight)).
  std::vector<double> class_weights = {};
};

// One label, several, or numbers for a text or a pair.
class SequenceClassifier : public TextModel {
 public:
  SequenceClassifier(std::shared_ptr<const TextFamily> family, TextLabels labels);

  Tensor logits(const TextBatch& batch, const nn::Context& context) const;  // (B, L)
  // By the problem type: cross-entropy for targets (B) int64 (-100: does not count); mean squared error for
  // (B, L) or, with one output, (B) float32; for several labels at once, the mean over all B L of the binary
  // cross-entropy for (B, L) int64 of zeros and ones.
  Tensor loss(const TextBatch& batch, const Tensor& targets, const nn::Context& context) const;
  Tensor loss(const TextBatch& batch, const Tensor& targets, const ClassificationTerms& terms,
              const nn::Context& context) const;

 protected:
  // Hidden states (B, T, D) -> (B, ..., D): the first of each stands for the text.
  virtual Tensor text_states(const Tensor& hidden, const TextBatch& batch) const {
    return encoder().text_states(hidden, batch);
  }

 private:
  HeadLayers head_;
};

// Of pairs that know no order (GPT's similarity: Radford et al., 2018, section 3.3). A batch has 2 B texts: B
// pairs, and then the same in the other order; the states of both are added before the linear layer.
class SymmetricSequenceClassifier : public SequenceClassifier {
 public:
  using SequenceClassifier::SequenceClassifier;

 protected:
  Tensor text_states(const Tensor& hidden, const TextBatch& batch) const override;
};

// A label for every token (named entities).
class TokenClassifier : public TextModel {
 public:
  TokenClassifier(std::shared_ptr<const TextFamily> family, TextLabels labels);

  Tensor logits(const TextBatch& batch, const nn::Context& context) const;  // (B, T, L)
  // Cross-entropy for targets (B, T) int64; those of -100 do not count.
  Tensor loss(const TextBatch& batch, const Tensor& targets, const nn::Context& context) const;

 private:
  HeadLayers head_;
};

// The span of a text that answers a question (1810.04805, section 4.2).
class QuestionAnswerer : public TextModel {
 public:
  QuestionAnswerer(std::shared_ptr<const TextFamily> family, TextLabels labels);

  struct Logits {
    Tensor start, end;  // (B, T) both
  };
  Logits logits(const TextBatch& batch, const nn::Context& context) const;
  // The mean of the cross-entropies of starts and ends (B) int64. One past the T tokens does not count; one
  // below zero counts as the first token.
  Tensor loss(const TextBatch& batch, const Tensor& starts, const Tensor& ends,
              const nn::Context& context) const;

 private:
  HeadLayers head_;
};

// The best of C texts (SWAG: 1810.04805, section 4.4; with GPT's inputs: Radford et al., 2018, section 3.3).
class MultipleChoiceModel : public TextModel {
 public:
  MultipleChoiceModel(const std::shared_ptr<const TextFamily>& family, TextLabels labels);

  // A batch of B C texts, the choices of a question one after the other -> (B, C).
  Tensor logits(const TextBatch& batch, std::int64_t choices, const nn::Context& context) const;
  // Cross-entropy for targets (B) int64.
  Tensor loss(const TextBatch& batch, std::int64_t choices, const Tensor& targets,
              const nn::Context& context) const;
  // With ClassificationTerms::lm_weight.
  Tensor loss(const TextBatch& batch, std::int64_t choices, const Tensor& targets, double lm_weight,
              const nn::Context& context) const;

 private:
  Tensor scores(const Tensor& hidden, const TextBatch& batch, std::int64_t choices,
                const nn::Context& context) const;
  WeightTable table() const override { return family().choice_weights(); }

  HeadLayers head_;
};

// Reads the encoder of a directory, whatever its head; the pooler where it has one.
std::unique_ptr<BareTextModel> load_text_encoder(const std::filesystem::path& directory,
                                                 const LoadOptions& options = {});

// Reads an encoder with the head that Model names. Throws Error when the directory lacks it.
template <typename Model>
std::unique_ptr<Model> load_text_model(const std::filesystem::path& directory,
                                       const LoadOptions& options = {}) {
  auto model = std::make_unique<Model>(read_text_family(directory), read_text_labels(directory));
  model->load(directory, options);
  return model;
}

template <typename Model>
struct StartedModel {
  std::unique_ptr<Model> model;
  std::vector<std::string> fresh;  // parameters that were drawn, by our names: to be trained
};

// A sequence classifier of the kind that the family's input format asks for.
std::unique_ptr<SequenceClassifier> make_sequence_classifier(std::shared_ptr<const TextFamily> family,
                                                             TextLabels labels);
// As load_text_model().
std::unique_ptr<SequenceClassifier> load_sequence_classifier(const std::filesystem::path& directory,
                                                             const LoadOptions& options = {});

// What start_text_model() may draw: the head where it is missing, or in any case for other labels.
FreshBlocks fresh_head(const std::optional<TextLabels>& wanted, const TextLabels& stored,
                       Generator& generator);

// A head to train on the encoder of a directory: layers of the head that the directory has are kept (a masked
// language model goes on; so does a classifier of the same labels), others are drawn, as Hugging Face's
// from_pretrained() does. `labels`: the new head's, or none to keep the directory's.
template <typename Model>
StartedModel<Model> start_text_model(const std::filesystem::path& directory,
                                     const std::optional<TextLabels>& labels, Generator& generator) {
  const TextLabels stored = read_text_labels(directory);
  auto model = std::make_unique<Model>(read_text_family(directory), labels.value_or(stored));
  LoadReport report = model->load(directory, {.fresh = fresh_head(labels, stored, generator)});
  return {std::move(model), std::move(report.fresh)};
}

// A model to train from the beginning.
template <typename Model>
std::unique_ptr<Model> new_text_model(std::shared_ptr<const TextFamily> family, TextLabels labels,
                                      Generator& generator) {
  auto model = std::make_unique<Model>(std::move(family), std::move(labels));
  model->initialize(generator);
  return model;
}

// As start_text_model(); `family` is the directory's, or that with an input format, whose vocabulary may be
// larger: rows for the new tokens are drawn, too.
StartedModel<SequenceClassifier> start_sequence_classifier(std::shared_ptr<const TextFamily> family,
                                                           const std::filesystem::path& directory,
                                                           const TextLabels& labels, Generator& generator);
// The same of multiple choice.
StartedModel<MultipleChoiceModel> start_multiple_choice(const std::shared_ptr<const TextFamily>& family,
                                                        const std::filesystem::path& directory,
                                                        Generator& generator);

}  // namespace attune::models
