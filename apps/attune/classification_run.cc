#include "apps/attune/classification_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "attune/io/message.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/label_map.h"
#include "attune/tasks/sequence_classification.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;
using models::ProblemType;
using models::TextLabels;

void validate(const ClassificationRun& run) {
  validate_encoder_run(run.train, run.model, run.max_length, run.batch_size, run.place);
  run.columns.validate();
}

std::vector<text::Table> read_tables(const std::vector<std::string>& paths, const TextColumns& columns) {
  std::vector<text::Table> tables;
  for (const std::string& path : paths) tables.push_back(read_texts(path, columns, /*with_label=*/true));
  return tables;
}

TextLabels labels_of(const ClassificationRun& run, const std::vector<text::Table>& tables) {
  if (run.regression) return {.names = {"LABEL_0"}, .stated_type = ProblemType::regression};
  std::vector<std::string> found;
  for (const text::Table& table : tables) {
    for (std::string& label : tasks::distinct_labels(table, run.columns.label_column()))
      found.push_back(std::move(label));
  }
  return {.names = labels_to_learn(std::move(found), run.model),
          .stated_type = ProblemType::single_label_classification};
}

tasks::LabelledTexts encode(const ClassificationRun& run, const std::vector<text::Table>& tables,
                            const text::Tokenizer& tokenizer, const models::SequenceClassifier& model) {
  const std::int64_t length = length_limit(run.max_length, tokenizer, model.facts(), run.columns.pairs());
  const tasks::LabelMap labels(model.labels().names);
  const std::size_t column = run.columns.label_column();
  tasks::LabelledTexts texts;
  const auto append = [](auto& all, auto&& more) { all.insert(all.end(), more.begin(), more.end()); };
  for (const text::Table& table : tables) {
    append(texts.inputs, tasks::encode_inputs(tokenizer, table, run.columns.pairs(), length));
    if (run.regression) {
      append(texts.values, tasks::regression_targets(table, column));
    } else {
      append(texts.labels, tasks::label_ids(table, column, labels));
    }
  }
  return texts;
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

// Calls visit(name, field) for every option of the run beside those of training, under the name of its flag.
template <typename Run, typename Visit>
void for_each_field(Run& run, Visit&& visit) {
  visit("regression", run.regression);
  visit("train", run.train);
  visit("valid", run.valid);
  visit("text", run.columns.text);
  visit("label", run.columns.label);
  visit("columns", run.columns.names);
  visit("model", run.model);
  visit("max_length", run.max_length);
  visit("batch_size", run.batch_size);
}

}  // namespace

void to_json(nlohmann::ordered_json& json, const ClassificationRun& run) {
  for_each_field(run, [&](const char* name, const auto& field) { json[name] = field; });
}

void from_json(const nlohmann::ordered_json& json, ClassificationRun& run) {
  const bool regression = run.regression;
  read_run(json, run, [](auto& of, auto visit) { for_each_field(of, visit); });
  if (run.regression != regression)
    fail_usage("it is of a run of attune train {}", run.regression ? "regression" : "classification");
}

train::TrainingResult train_classification(const ClassificationRun& run, std::FILE* progress) {
  validate(run);
  nlohmann::ordered_json configuration;
  to_json(configuration, run);
  train::RunDirectory directory(run.place.out, run.place.mode(), run.training, configuration.dump());

  const auto checkpoint = directory.checkpoint();
  const auto tokenizer = text::load_tokenizer(checkpoint ? checkpoint->path : fs::path(run.model));
  const auto tables = read_tables(run.train, run.columns);
  const auto [model, fresh] = start_encoder<models::SequenceClassifier>(
      run.model, run.training.seed, checkpoint, [&] { return labels_of(run, tables); });
  expect_vocabulary(*tokenizer, model->facts(), run.model);

  auto train_texts = encode(run, tables, *tokenizer, *model);
  std::optional<tasks::LabelledTexts> valid_texts;
  if (!run.valid.empty()) valid_texts = encode(run, read_tables(run.valid, run.columns), *tokenizer, *model);
  const std::size_t texts = train_texts.inputs.size();
  tasks::SequenceClassification task(*model, std::move(train_texts), std::move(valid_texts),
                                     {.batch_size = run.batch_size, .seed = run.training.seed});
  tell(progress, *model, fresh, texts, task.micro_batches_per_epoch());
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer), progress)
      .train();
}

}  // namespace attune::command
