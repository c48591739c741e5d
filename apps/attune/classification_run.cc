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
  if (run.train.empty() && !run.place.resume)
    fail_usage("--train FILE is missing: what should the model learn from?");
  if (run.model.empty() && !run.place.resume)
    fail_usage("--model DIR is missing: which pretrained encoder should learn it?");
  run.place.validate();
  run.columns.validate();
  expect_positive("--batch-size", run.batch_size);
  if (run.max_length < 0)
    fail_usage("--max-length is {}, expected 0 (what the model takes) or more", run.max_length);
}

std::vector<text::Table> read_tables(const std::vector<std::string>& paths, const TextColumns& columns) {
  std::vector<text::Table> tables;
  for (const std::string& path : paths) tables.push_back(read_texts(path, columns, /*with_label=*/true));
  return tables;
}

// The labels of the training data. A directory whose own labels cover them keeps its labels, and so its head.
TextLabels labels_of(const ClassificationRun& run, const std::vector<text::Table>& tables) {
  if (run.regression) return {.names = {"LABEL_0"}, .stated_type = ProblemType::regression};
  std::vector<std::string> found;
  for (const text::Table& table : tables) {
    for (std::string& label : tasks::distinct_labels(table, run.columns.label_column()))
      found.push_back(std::move(label));
  }
  TextLabels labels{.names = tasks::LabelMap::of_labels(std::move(found)).names(),
                    .stated_type = ProblemType::single_label_classification};
  check(labels.count() > 1, "every text of the training data has the label \"{}\": there is nothing to learn",
        labels.names.front());
  const TextLabels stored = models::read_text_labels(run.model);
  const bool covered = std::ranges::all_of(labels.names, [&](const std::string& name) {
    return std::ranges::find(stored.names, name) != stored.names.end();
  });
  if (covered) labels.names = stored.names;
  return labels;
}

struct Started {
  std::unique_ptr<models::SequenceClassifier> model;
  std::vector<std::string> fresh;  // parameters that were drawn
};

// The encoder with a head for the labels; of a resumed run, that of the checkpoint.
Started start(const ClassificationRun& run, const std::vector<text::Table>& tables,
              const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint) return {models::load_text_model<models::SequenceClassifier>(checkpoint->path), {}};
  Generator generator{.seed = run.training.seed};
  auto [model, fresh] =
      models::start_text_model<models::SequenceClassifier>(run.model, labels_of(run, tables), generator);
  return {std::move(model), std::move(fresh)};
}

// Throws UsageError for one that leaves no token of the text.
std::int64_t max_length_of(const ClassificationRun& run, const text::Tokenizer& tokenizer,
                           const models::SequenceClassifier& model) {
  const std::int64_t most = model.facts().max_length;
  const std::int64_t length = run.max_length > 0 ? std::min(run.max_length, most) : most;
  const bool pairs = run.columns.pairs();
  const auto added = static_cast<std::int64_t>(tokenizer.added_special_tokens(pairs));
  const std::int64_t least = added + (pairs ? 2 : 1);
  if (length < least)
    fail_usage("--max-length is {}, expected at least {}: the tokenizer adds {} special tokens", length,
               least, added);
  return length;
}

tasks::LabelledTexts encode(const ClassificationRun& run, const std::vector<text::Table>& tables,
                            const text::Tokenizer& tokenizer, const models::SequenceClassifier& model) {
  const std::int64_t length = max_length_of(run, tokenizer, model);
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
  const auto [model, fresh] = start(run, tables, checkpoint);
  expect_vocabulary(*tokenizer, *model, run.model);

  auto train_texts = encode(run, tables, *tokenizer, *model);
  std::optional<tasks::LabelledTexts> valid_texts;
  if (!run.valid.empty()) valid_texts = encode(run, read_tables(run.valid, run.columns), *tokenizer, *model);
  const std::size_t texts = train_texts.inputs.size();
  tasks::SequenceClassification task(*model, std::move(train_texts), std::move(valid_texts),
                                     {.batch_size = run.batch_size, .seed = run.training.seed});
  tell(progress, *model, fresh, texts, task.micro_batches_per_epoch());
  return train::Trainer(model->parameters(), task, directory, saver_of(*model, *tokenizer), progress).train();
}

}  // namespace attune::command
