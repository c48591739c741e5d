#include "apps/attune/train/translation_run.h"

#include <algorithm>
#include <filesystem>

#include "apps/attune/train/model_saver.h"
#include "attune/autograd/tape.h"
#include "attune/io/message.h"
#include "attune/models/transformer/transformer.h"
#include "attune/tasks/text_to_text/translation.h"
#include "attune/text/tokenizer_choice.h"
#include "attune/train/average.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> paths_of(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

void expect_pair(const char* flag, const std::vector<std::string>& files) {
  if (files.size() > 2) {
    fail_usage("{} has {} files, expected SOURCE TARGET, or one with SOURCE<tab>TARGET lines", flag,
               files.size());
  }
}

void validate(const TranslationRun& run) {
  if (run.train.empty() && !run.place.resume)
    fail_usage("--train SOURCE TARGET is missing: what should the model learn from?");
  expect_pair("--train", run.train);
  expect_pair("--valid", run.valid);
  run.place.validate();
  validate_sizes(run);
  expect_positive("--batch-tokens", run.batch_tokens);
  if (run.context < 2) fail_usage("--context is {}, expected at least 2", run.context);
  if (!(run.label_smoothing >= 0 && run.label_smoothing < 1))
    fail_usage("--label-smoothing is {}, expected 0 <= e < 1", run.label_smoothing);
  if (run.average_checkpoints < 0)
    fail_usage("--average-checkpoints is {}, expected 0 (none) or more", run.average_checkpoints);
}

models::TransformerConfig new_config(const TranslationRun& run, const text::TranslationTokenizer& tokenizer) {
  models::TransformerConfig config;
  config.vocab_size = tokenizer.vocab_size();
  config.max_position_embeddings = run.context;
  config.d_model = run.width;
  config.encoder_layers = config.decoder_layers = run.layers;
  config.encoder_attention_heads = config.decoder_attention_heads = run.heads;
  config.encoder_ffn_dim = config.decoder_ffn_dim = run.feed_forward > 0 ? run.feed_forward : 4 * run.width;
  config.dropout = run.dropout;
  const text::SpecialTokens& special = tokenizer.special();
  config.pad_token_id = *special.pad;
  config.eos_token_id = *special.eos;
  config.bos_token_id = special.bos;
  // Marian's tokenizers have no token for the start; their models start from padding.
  config.decoder_start_token_id = special.bos.value_or(*special.pad);
  // None of them is ever a target.
  for (const auto& id : {special.pad, special.bos, special.unk}) {
    if (id && *id != *special.eos) config.suppressed_tokens.push_back(*id);
  }
  return config;
}

// A new model, or the one to continue from, with its weights; of a resumed run, those of the checkpoint.
std::unique_ptr<models::SequenceToSequenceModel> make_model(
    const TranslationRun& run, const text::TranslationTokenizer& tokenizer,
    const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint) return models::load_sequence_to_sequence_model(checkpoint->path);
  if (!run.model.empty()) {
    auto model = models::load_sequence_to_sequence_model(run.model);
    check(tokenizer.vocab_size() <= model->vocab_size(),
          "the tokenizer has {} tokens, the model of {} takes {}", tokenizer.vocab_size(), run.model,
          model->vocab_size());
    return model;
  }
  auto model = std::make_unique<models::Transformer>(new_config(run, tokenizer));
  Generator generator{.seed = run.training.seed};
  model->parameters().initialize(generator);
  return model;
}

text::ParallelCorpus read_corpus(const std::vector<std::string>& files, const char* what,
                                 const text::TranslationTokenizer& tokenizer,
                                 const models::SequenceToSequenceModel& model, std::FILE* progress) {
  auto corpus = text::read_parallel_corpus(paths_of(files), tokenizer,
                                           {model.max_source_length(), model.max_target_length()});
  if (progress != nullptr) {
    const std::string less = text::left_out(corpus);
    io::print_message(progress, "{}: {} pairs, {} source tokens, {} target tokens{}{}\n", what, corpus.size(),
                      corpus.source.tokens(), corpus.target.tokens(), less.empty() ? "" : "; ", less);
  }
  return corpus;
}

train::TrainingOptions training_of(const TranslationRun& run) {
  train::TrainingOptions options = run.training;
  if (options.save_total_limit > 0)
    options.save_total_limit = std::max(options.save_total_limit, run.average_checkpoints);
  return options;
}

std::shared_ptr<const nn::Parameters> load_parameters(const fs::path& directory) {
  const std::shared_ptr<const models::SequenceToSequenceModel> model =
      models::load_sequence_to_sequence_model(directory);
  return {model, &model->parameters()};
}

// The model becomes the mean of the run's last checkpoints (1706.03762, section 6.1).
void average(const TranslationRun& run, const models::SequenceToSequenceModel& model,
             tasks::Translation& task, const train::SaveModel& save, std::FILE* progress) {
  const auto averaged =
      train::average_checkpoints(model.parameters(), run.place.out, run.average_checkpoints, load_parameters);
  std::string line = fmt::format("mean of the last {} checkpoints, steps {} to {}", averaged.size(),
                                 averaged.front().step, averaged.back().step);
  if (task.has_validation()) {
    const NoGrad no_grad;
    line += fmt::format(": eval_loss {:.4f}", task.evaluate({}, [] { return false; })->loss);
  }
  save(run.place.out);
  if (progress != nullptr) io::print_message(progress, "{}\n", line);
}

}  // namespace

train::TrainingResult train_translation(const TranslationRun& run, std::FILE* progress) {
  validate(run);
  train::RunDirectory directory = open_directory(run, training_of(run));

  const auto checkpoint = directory.checkpoint();
  const std::string choice = checkpoint          ? checkpoint->path.string()
                             : run.model.empty() ? run.tokenizer
                                                 : run.model;
  const auto tokenizer = text::choose_translation_tokenizer(choice, paths_of(run.train));
  const auto model = make_model(run, *tokenizer, checkpoint);
  text::ParallelCorpus train_text = read_corpus(run.train, "training", *tokenizer, *model, progress);
  std::optional<text::ParallelCorpus> valid_text;
  if (!run.valid.empty()) valid_text = read_corpus(run.valid, "validation", *tokenizer, *model, progress);

  tasks::Translation task(
      *model, std::move(train_text), std::move(valid_text),
      {.batch_tokens = run.batch_tokens, .label_smoothing = run.label_smoothing, .seed = run.training.seed});
  if (progress != nullptr)
    io::print_message(progress, "{} parameters, {} micro-batches an epoch\n", model->parameters().count(),
                      task.micro_batches_per_epoch());
  const train::SaveModel save = saver_of(*model, *tokenizer);
  const auto result =
      train::Trainer(model->parameters(), model->weight_table(), task, directory, save, progress).train();
  const bool ended = result.end != train::TrainingResult::End::interrupted;
  if (ended && run.average_checkpoints > 0) average(run, *model, task, save, progress);
  return result;
}

}  // namespace attune::command
