#include "apps/attune/text_to_text_run.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/attune/new_model.h"
#include "attune/generate/generate_sequences.h"
#include "attune/io/message.h"
#include "attune/models/t5/t5.h"
#include "attune/tasks/text_to_text.h"
#include "attune/text/text_to_text_tokenizer.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

void validate(const TextToTextRun& run) {
  if (run.train.empty() && !run.place.resume)
    fail_usage("--train FILE is missing: what should the model learn from?");
  if (run.model.empty() && !run.place.resume)
    fail_usage("--model is missing: a directory of a pretrained encoder-decoder, or t5 for a new one");
  run.place.validate();
  validate_sizes(run);
  expect_positive("--batch-size", run.batch_size);
  if (run.max_source_length < 2)
    fail_usage("--max-source-length is {}, expected at least 2", run.max_source_length);
  if (run.max_target_length < 2)
    fail_usage("--max-target-length is {}, expected at least 2", run.max_target_length);
}

// That of the checkpoint or the model, or one for a new model, learned from both sides of the pairs.
std::unique_ptr<text::TranslationTokenizer> make_tokenizer(
    const TextToTextRun& run, const TextPairs& pairs, const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint) return text::load_translation_tokenizer(checkpoint->path);
  if (!is_family(run.model, t5_families)) return text::load_translation_tokenizer(run.model);
  std::size_t next = 0;
  return text::share_tokenizer(text::choose_text_to_text_tokenizer(run.tokenizer, [&](std::string& text) {
    const std::size_t pair = next++ / 2;
    if (pair == pairs.sources.size()) return false;
    text = next % 2 == 1 ? pairs.sources[pair] : pairs.targets[pair];
    return true;
  }));
}

std::unique_ptr<models::SequenceToSequenceModel> make_model(
    const TextToTextRun& run, const text::TranslationTokenizer& tokenizer,
    const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint) return models::load_sequence_to_sequence_model(checkpoint->path);
  if (!is_family(run.model, t5_families)) {
    auto model = models::load_sequence_to_sequence_model(run.model);
    check(tokenizer.vocab_size() <= model->vocab_size(),
          "the tokenizer has {} tokens, the model of {} takes {}", tokenizer.vocab_size(), run.model,
          model->vocab_size());
    return model;
  }
  models::T5Config config =
      new_t5_config(run.model, {run.layers, run.heads, run.width, run.feed_forward, run.dropout},
                    tokenizer.vocab_size(), tokenizer.special());
  // As many tokens as it learns to write, and the one it starts from; transformers would stop at 20.
  config.generation_config = nlohmann::json{{"max_length", run.max_target_length + 1}}.dump();
  auto model = std::make_unique<models::T5>(config);
  Generator generator{.seed = run.training.seed};
  model->initialize(generator);
  return model;
}

text::ParallelLimits limits_of(const TextToTextRun& run, const models::SequenceToSequenceModel& model) {
  return {std::min(run.max_source_length, model.max_source_length()),
          std::min(run.max_target_length, model.max_target_length())};
}

tasks::TextToTextExamples encode(TextPairs pairs, const char* what,
                                 const text::TranslationTokenizer& tokenizer,
                                 const text::ParallelLimits& limits, std::FILE* progress) {
  auto encoded = encode_pairs(pairs, tokenizer, limits);
  if (progress != nullptr) {
    const std::string less = left_out(pairs, encoded, limits);
    io::print_message(progress, "{}: {} pairs, {} source tokens, {} target tokens{}{}\n", what,
                      encoded.corpus.size(), encoded.corpus.source.tokens(), encoded.corpus.target.tokens(),
                      less.empty() ? "" : "; ", less);
  }
  return {std::move(encoded.corpus), std::move(pairs.targets)};
}

// What the model writes, greedily, as texts.
tasks::WriteTexts writer(const models::SequenceToSequenceModel& model,
                         const text::TranslationTokenizer& tokenizer, std::int64_t most) {
  return [&model, &tokenizer, most](std::span<const std::vector<std::int64_t>> sources) {
    const auto sequences =
        generate::generate_sequences(model, {sources.begin(), sources.end()}, {.max_new_tokens = most});
    std::vector<std::string> texts;
    for (const auto& sequence : sequences) {
      const std::vector<std::int32_t> ids(sequence.tokens.begin(), sequence.tokens.end());
      texts.push_back(tokenizer.decode_target(ids));
    }
    return texts;
  };
}

// Calls visit(name, field) for every option of the run beside those of training, under the name of its flag.
template <typename Run, typename Visit>
void for_each_field(Run& run, Visit&& visit) {
  visit("train", run.train);
  visit("valid", run.valid);
  visit("source", run.columns.source);
  visit("target", run.columns.target);
  visit("prefix", run.columns.prefix);
  visit("prefix_column", run.columns.prefix_column);
  visit("columns", run.columns.names);
  visit("tokenizer", run.tokenizer);
  visit("model", run.model);
  visit("layers", run.layers);
  visit("heads", run.heads);
  visit("width", run.width);
  visit("feed_forward", run.feed_forward);
  visit("dropout", run.dropout);
  visit("max_source_length", run.max_source_length);
  visit("max_target_length", run.max_target_length);
  visit("batch_size", run.batch_size);
  visit("label_smoothing", run.label_smoothing);
  visit("eval_examples", run.eval_examples);
  visit("bleu", run.bleu);
}

}  // namespace

void to_json(nlohmann::ordered_json& json, const TextToTextRun& run) {
  for_each_field(run, [&](const char* name, const auto& field) { json[name] = field; });
}

void from_json(const nlohmann::ordered_json& json, TextToTextRun& run) {
  read_run(json, run, [](auto& of, auto visit) { for_each_field(of, visit); });
}

train::TrainingResult train_text_to_text(const TextToTextRun& run, std::FILE* progress) {
  validate(run);
  nlohmann::ordered_json configuration;
  to_json(configuration, run);
  train::RunDirectory directory(run.place.out, run.place.mode(), run.training, configuration.dump());

  const auto checkpoint = directory.checkpoint();
  TextPairs train_pairs = read_pair_tables(run.train, run.columns);
  const auto tokenizer = make_tokenizer(run, train_pairs, checkpoint);
  const auto model = make_model(run, *tokenizer, checkpoint);
  const text::ParallelLimits limits = limits_of(run, *model);
  auto train_examples = encode(std::move(train_pairs), "training", *tokenizer, limits, progress);
  std::optional<tasks::TextToTextExamples> valid_examples;
  if (!run.valid.empty())
    valid_examples =
        encode(read_pair_tables(run.valid, run.columns), "validation", *tokenizer, limits, progress);

  tasks::TextToText task(*model, std::move(train_examples), std::move(valid_examples),
                         writer(*model, *tokenizer, limits.target),
                         {.batch_size = run.batch_size,
                          .label_smoothing = run.label_smoothing,
                          .seed = run.training.seed,
                          .write_examples = run.eval_examples,
                          .translation_metrics = run.bleu});
  if (progress != nullptr)
    io::print_message(progress, "{} parameters, {} micro-batches an epoch\n", model->parameters().count(),
                      task.micro_batches_per_epoch());
  const train::SaveModel save = [&](const fs::path& to) {
    model->save(to);
    tokenizer->save(to, model->max_source_length());
  };
  return train::Trainer(model->parameters(), task, directory, save, progress).train();
}

}  // namespace attune::command
