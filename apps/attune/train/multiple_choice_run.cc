#include "apps/attune/train/multiple_choice_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "apps/attune/train/encoder_run.h"
#include "attune/io/message.h"
#include "attune/tasks/classification/gpt_inputs.h"

namespace attune::command {
namespace {

void validate(const MultipleChoiceRun& run) {
  validate_encoder_run(!run.train.empty(), run.encoder, run.max_length, run.batch_size, run.place);
  run.columns.validate();
  if (run.columns.label.empty()) fail_usage("--label is empty: which column has the right choice?");
}

struct Started {
  std::unique_ptr<models::MultipleChoiceModel> model;
  std::unique_ptr<text::Tokenizer> tokenizer;
  std::vector<std::string> fresh;  // parameters that were drawn
};

std::vector<std::string> texts_of(const MultipleChoiceRun& run) {
  std::vector<std::string> texts;
  for (const std::string& path : run.train) {
    for (tasks::ChoiceQuestion& question : read_questions(path, run.columns).questions) {
      texts.push_back(std::move(question.context));
      texts.push_back(std::move(question.question));
      std::ranges::move(question.choices, std::back_inserter(texts));
    }
  }
  return texts;
}

// The pretrained model with a head that scores a text, or a new one; of a resumed run, that of the
// checkpoint.
Started start(const MultipleChoiceRun& run, const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint)
    return {models::load_text_model<models::MultipleChoiceModel>(checkpoint->path),
            text::load_tokenizer(checkpoint->path),
            {}};
  EncoderChoice choice = run.encoder;
  if (run.max_length > 0) choice.sizes.context = run.max_length;
  auto given = encoder_tokenizer(choice, one_by_one([&] { return texts_of(run); }));
  auto own = encoder_family(choice, *given);
  auto [family, tokenizer] = tasks::with_gpt_inputs({std::move(own), std::move(given)}, /*symmetric=*/false);
  Generator generator{.seed = run.training.seed};
  if (choice.is_new())
    return {models::new_text_model<models::MultipleChoiceModel>(std::move(family), {}, generator),
            std::move(tokenizer),
            {}};
  auto [model, fresh] = models::start_multiple_choice(family, choice.model, generator);
  return {std::move(model), std::move(tokenizer), std::move(fresh)};
}

}  // namespace

tasks::ChoiceInputs encode(const MultipleChoiceRun& run, const std::vector<std::string>& paths,
                           const text::Tokenizer& tokenizer, const models::TextFacts& facts) {
  const std::int64_t length = input_length(run.max_length, /*pairs=*/true, tokenizer, facts);
  tasks::ChoiceInputs inputs{.choices = run.columns.choices.size()};
  for (const std::string& path : paths) {
    const auto [questions, labels] = read_questions(path, run.columns);
    for (const tasks::ChoiceQuestion& question : questions) {
      for (auto& input : tasks::encode_choices(tokenizer, question, length, facts))
        inputs.inputs.push_back(std::move(input));
    }
    inputs.labels.insert(inputs.labels.end(), labels.begin(), labels.end());
  }
  return inputs;
}

train::TrainingResult train_multiple_choice(const MultipleChoiceRun& run, std::FILE* progress) {
  validate(run);
  train::RunDirectory directory = open_directory(run);

  const auto [model, tokenizer, fresh] = start(run, directory.checkpoint());
  auto train_questions = encode(run, run.train, *tokenizer, model->facts());
  std::optional<tasks::ChoiceInputs> valid_questions;
  if (!run.valid.empty()) valid_questions = encode(run, run.valid, *tokenizer, model->facts());
  const std::size_t questions = train_questions.size();
  tasks::MultipleChoice task(*model, std::move(train_questions), std::move(valid_questions),
                             {.batch_size = run.batch_size,
                              .seed = run.training.seed,
                              .lm_weight = lm_weight_of(run.lm_weight, model->facts())});
  if (progress != nullptr) {
    io::print_message(progress, "{} questions of {} choices, {} parameters, {} micro-batches an epoch\n",
                      questions, run.columns.choices.size(), model->parameters().count(),
                      task.micro_batches_per_epoch());
    tell_fresh(progress, fresh);
  }
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer), progress)
      .train();
}

}  // namespace attune::command
