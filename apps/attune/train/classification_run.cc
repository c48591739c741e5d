#include "apps/attune/train/classification_run.h"

#include <fmt/ranges.h>

#include <filesystem>
#include <optional>

#include "apps/attune/input/classification_data.h"
#include "apps/attune/train/encoder_run.h"
#include "attune/io/message.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/classification/gpt_inputs.h"
#include "attune/tasks/classification/sequence_classification.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;
using models::ProblemType;

void validate(const ClassificationRun& run) {
  validate_encoder_run(!run.train.empty(), run.encoder, run.max_length, run.batch_size, run.place);
  run.columns.validate();
  if (run.symmetric && !run.columns.pairs())
    fail_usage("--symmetric takes pairs: name two columns, --text FIRST SECOND");
  validate_labels(run);
}

std::vector<std::string> texts_of(const std::vector<text::Table>& tables, std::size_t columns) {
  std::vector<std::string> texts;
  for (const text::Table& table : tables) {
    for (std::size_t i = 0; i < table.rows() * columns; ++i)
      texts.emplace_back(table.value(i / columns, i % columns));
  }
  return texts;
}

struct Started {
  std::unique_ptr<models::SequenceClassifier> model;
  std::unique_ptr<text::Tokenizer> tokenizer;
  std::vector<std::string> fresh;  // parameters that were drawn
};

// The pretrained model with a head for the labels; of a resumed run, that of the checkpoint.
Started start(const ClassificationRun& run, const std::vector<text::Table>& tables,
              const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint)
    return {models::load_sequence_classifier(checkpoint->path), text::load_tokenizer(checkpoint->path), {}};
  const EncoderChoice& choice = run.encoder;
  auto given =
      encoder_tokenizer(choice, one_by_one([&] { return texts_of(tables, run.columns.text.size()); }));
  auto family = encoder_family(choice, *given);
  if (run.symmetric && !family->facts().causal)
    fail_usage("--symmetric is for openai-gpt and gpt2, {} is a {}", choice.model,
               family->facts().model_type);
  auto [prepared, tokenizer] = tasks::with_gpt_inputs({std::move(family), std::move(given)}, run.symmetric);
  Generator generator{.seed = run.training.seed};
  const models::TextLabels labels = labels_of(run, tables);
  if (choice.is_new())
    return {models::new_text_model<models::SequenceClassifier>(std::move(prepared), labels, generator),
            std::move(tokenizer),
            {}};
  auto [model, fresh] =
      models::start_sequence_classifier(std::move(prepared), choice.model, labels, generator);
  return {std::move(model), std::move(tokenizer), std::move(fresh)};
}

void tell(std::FILE* progress, const models::SequenceClassifier& model, const std::vector<std::string>& fresh,
          std::size_t texts, std::int64_t micro_batches) {
  if (progress == nullptr) return;
  io::print_message(progress, "{} texts, {} parameters, {} micro-batches an epoch\n", texts,
                    model.parameters().count(), micro_batches);
  if (model.labels().problem_type() == ProblemType::regression) {
    io::print_message(progress, "one number a text\n");
  } else {
    io::print_message(progress, "labels: {}\n", fmt::join(model.labels().names, ", "));
  }
  tell_fresh(progress, fresh);
}

}  // namespace

train::TrainingResult train_classification(const ClassificationRun& run, std::FILE* progress) {
  validate(run);
  train::RunDirectory directory = open_directory(run);

  const auto checkpoint = directory.checkpoint();
  const auto tables = read_tables(run, run.train);
  const auto [model, tokenizer, fresh] = start(run, tables, checkpoint);
  expect_vocabulary(*tokenizer, model->facts(), run.encoder.model);

  auto train_texts = encode(run, tables, *tokenizer, *model);
  std::optional<tasks::LabelledTexts> valid_texts;
  if (!run.valid.empty()) valid_texts = encode(run, read_tables(run, run.valid), *tokenizer, *model);
  const std::size_t texts = train_texts.inputs.size();
  const models::ClassificationTerms terms{
      .lm_weight = lm_weight_of(run.lm_weight, model->facts()),
      .class_weights = class_weights_of(run, model->labels(), train_texts)};
  tasks::SequenceClassification task(
      *model, std::move(train_texts), std::move(valid_texts),
      {.batch_size = run.batch_size, .seed = run.training.seed, .terms = terms});
  tell(progress, *model, fresh, texts, task.micro_batches_per_epoch());
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer), progress)
      .train();
}

}  // namespace attune::command
