#include "apps/attune/train/text_to_text_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/attune/train/model_saver.h"
#include "apps/attune/train/new_model.h"
#include "attune/generate/generate_sequences.h"
#include "attune/io/message.h"
#include "attune/models/t5/t5.h"
#include "attune/tasks/text_to_text/text_to_text.h"
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
  if (!is_family(run.model, t5_families)) {
    models::check_sequence_to_sequence_model(run.model);
    return text::load_translation_tokenizer(run.model);
  }
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

// " (cola 8551, sst2 67349)": how often each of several tasks is learned in an epoch.
std::string tasks_of(const TextPairs& pairs) {
  if (pairs.tasks.size() < 2) return "";
  std::vector<std::size_t> counts(pairs.tasks.size());
  for (const std::size_t task : pairs.task_of) ++counts[task];
  std::vector<std::string> parts;
  for (std::size_t task = 0; task < counts.size(); ++task)
    parts.push_back(fmt::format("{} {}", pairs.tasks[task], counts[task]));
  return fmt::format(" ({})", fmt::join(parts, ", "));
}

tasks::TextToTextExamples encode(TextPairs pairs, const char* what,
                                 const text::TranslationTokenizer& tokenizer,
                                 const text::ParallelLimits& limits, std::FILE* progress) {
  auto encoded = encode_pairs(pairs, tokenizer, limits);
  if (progress != nullptr) {
    const std::string less = left_out(pairs, encoded, limits);
    io::print_message(progress, "{}: {} pairs{}, {} source tokens, {} target tokens{}{}\n", what,
                      encoded.corpus.size(), tasks_of(pairs), encoded.corpus.source.tokens(),
                      encoded.corpus.target.tokens(), less.empty() ? "" : "; ", less);
  }
  return {std::move(encoded.corpus), std::move(pairs.targets), std::move(pairs.tasks),
          std::move(pairs.task_of)};
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

}  // namespace

train::TrainingResult train_text_to_text(const TextToTextRun& run, std::FILE* progress) {
  validate(run);
  train::RunDirectory directory = open_directory(run);

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
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer), progress)
      .train();
}

}  // namespace attune::command
