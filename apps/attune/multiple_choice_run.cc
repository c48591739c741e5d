#include "apps/attune/multiple_choice_run.h"

#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/attune/encoder_run.h"
#include "attune/io/message.h"
#include "attune/tasks/gpt_inputs.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

void validate(const MultipleChoiceRun& run) {
  if (run.train.empty() && !run.place.resume)
    fail_usage("--train FILE is missing: what should the model learn from?");
  if (run.model.empty() && !run.place.resume)
    fail_usage("--model DIR is missing: which pretrained model should learn it?");
  run.place.validate();
  run.columns.validate();
  if (run.columns.label.empty()) fail_usage("--label is empty: which column has the right choice?");
  expect_positive("--batch-size", run.batch_size);
  if (run.max_length < 0)
    fail_usage("--max-length is {}, expected 0 (what the model takes) or more", run.max_length);
}

struct Started {
  std::unique_ptr<models::MultipleChoiceModel> model;
  std::unique_ptr<text::Tokenizer> tokenizer;
  std::vector<std::string> fresh;  // parameters that were drawn
};

// The pretrained model with a head that scores a text; of a resumed run, that of the checkpoint.
Started start(const MultipleChoiceRun& run, const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint)
    return {models::load_text_model<models::MultipleChoiceModel>(checkpoint->path),
            text::load_tokenizer(checkpoint->path),
            {}};
  auto [family, tokenizer] = tasks::with_gpt_inputs(
      {models::read_text_family(run.model), text::load_tokenizer(run.model)}, /*symmetric=*/false);
  Generator generator{.seed = run.training.seed};
  auto [model, fresh] = models::start_multiple_choice(family, run.model, generator);
  return {std::move(model), std::move(tokenizer), std::move(fresh)};
}

// Calls visit(name, field) for every option of the run beside those of training, under the name of its flag.
template <typename Run, typename Visit>
void for_each_field(Run& run, Visit&& visit) {
  visit("train", run.train);
  visit("valid", run.valid);
  visit("context", run.columns.context);
  visit("question", run.columns.question);
  visit("choices", run.columns.choices);
  visit("label", run.columns.label);
  visit("columns", run.columns.names);
  visit("model", run.model);
  visit("max_length", run.max_length);
  visit("lm_weight", run.lm_weight);
  visit("batch_size", run.batch_size);
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

void to_json(nlohmann::ordered_json& json, const MultipleChoiceRun& run) {
  for_each_field(run, [&](const char* name, const auto& field) { json[name] = field; });
}

void from_json(const nlohmann::ordered_json& json, MultipleChoiceRun& run) {
  read_run(json, run, [](auto& of, auto visit) { for_each_field(of, visit); });
}

train::TrainingResult train_multiple_choice(const MultipleChoiceRun& run, std::FILE* progress) {
  validate(run);
  nlohmann::ordered_json configuration;
  to_json(configuration, run);
  train::RunDirectory directory(run.place.out, run.place.mode(), run.training, configuration.dump());

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
