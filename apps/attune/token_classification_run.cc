#include "apps/attune/token_classification_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/attune/token_classification_data.h"
#include "attune/io/message.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/token_classification.h"
#include "attune/text/word_tokenizer.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;
using models::TextLabels;
using models::TokenClassifier;

// The labels of the files. Where one of them is of entities, all are: anything else is a slip of the pen.
TextLabels labels_of(const TokenClassificationRun& run, const std::vector<ConllFile>& files) {
  std::vector<std::string> found;
  bool entities = false;
  for (const ConllFile& file : files) {
    for (const text::TaggedSentence& sentence : file.sentences) {
      found.insert(found.end(), sentence.tags.begin(), sentence.tags.end());
      entities = entities || std::ranges::any_of(sentence.tags, text::is_entity_tag);
    }
  }
  for (const ConllFile& file : files) {
    if (entities) text::check_entity_tags(file.sentences, file.path);
  }
  return {.names = labels_to_learn(std::move(found), run.model)};
}

void tell(std::FILE* progress, const TokenClassifier& model, const std::vector<std::string>& fresh,
          std::size_t sentences, std::int64_t micro_batches) {
  if (progress == nullptr) return;
  io::print_message(progress, "{} sentences, {} parameters, {} micro-batches an epoch\nlabels: {}\n",
                    sentences, model.parameters().count(), micro_batches,
                    fmt::join(model.labels().names, ", "));
  if (!tasks::are_entity_labels(model.labels().names))
    io::print_message(progress,
                      "the labels are not those of entities (O, B-TYPE, I-TYPE): accuracy is measured\n");
  tell_fresh(progress, fresh);
}

// Calls visit(name, field) for every option of the run beside those of training, under the name of its flag.
template <typename Run, typename Visit>
void for_each_field(Run& run, Visit&& visit) {
  visit("train", run.train);
  visit("valid", run.valid);
  visit("word_column", run.word_column);
  visit("label_column", run.label_column);
  visit("model", run.model);
  visit("max_length", run.max_length);
  visit("batch_size", run.batch_size);
}

}  // namespace

void to_json(nlohmann::ordered_json& json, const TokenClassificationRun& run) {
  for_each_field(run, [&](const char* name, const auto& field) { json[name] = field; });
}

void from_json(const nlohmann::ordered_json& json, TokenClassificationRun& run) {
  read_run(json, run, [](auto& of, auto visit) { for_each_field(of, visit); });
}

train::TrainingResult train_token_classification(const TokenClassificationRun& run, std::FILE* progress) {
  validate_encoder_run(run.train, run.model, run.max_length, run.batch_size, run.place);
  const text::ConllColumns columns = columns_of(run);
  nlohmann::ordered_json configuration;
  to_json(configuration, run);
  train::RunDirectory directory(run.place.out, run.place.mode(), run.training, configuration.dump());

  const auto checkpoint = directory.checkpoint();
  const auto tokenizer = text::load_word_tokenizer(checkpoint ? checkpoint->path : fs::path(run.model));
  const auto files = read_files(run.train, columns);
  const auto [model, fresh] = start_encoder<TokenClassifier>(run.model, run.training.seed, checkpoint,
                                                             [&] { return labels_of(run, files); });
  expect_vocabulary(*tokenizer, model->facts(), run.model);

  const std::int64_t max_length = input_length(run.max_length, /*pairs=*/false, *tokenizer, model->facts());
  const tasks::LabelMap labels(model->labels().names);
  auto learned = encode(files, *tokenizer, labels, max_length);
  std::optional<tasks::LabelledSentences> valid;
  if (!run.valid.empty()) valid = encode(read_files(run.valid, columns), *tokenizer, labels, max_length);
  tell_cut(progress, learned, max_length, "training", "are not learned from");
  if (valid) tell_cut(progress, *valid, max_length, "validation", "count as predicted O, or as wrong");
  const std::size_t sentences = learned.labels.size();
  tasks::TokenClassification task(*model, std::move(learned), std::move(valid),
                                  {.batch_size = run.batch_size, .seed = run.training.seed});
  tell(progress, *model, fresh, sentences, task.micro_batches_per_epoch());
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer), progress)
      .train();
}

}  // namespace attune::command
