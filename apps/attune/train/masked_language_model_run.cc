#include "apps/attune/train/masked_language_model_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "apps/attune/input/masked_language_model_data.h"
#include "apps/attune/train/encoder_run.h"
#include "attune/io/message.h"
#include "attune/text/corpora/language_files.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;
using models::VocabularyModel;
using tasks::PairObjective;

void validate(const MaskedLanguageModelRun& run) {
  if (run.train.empty() && !run.place.resume)
    fail_usage("--train FILE is missing: what should the model learn from?");
  run.place.validate();
  if (!run.place.resume) run.encoder.validate();
  expect_positive("--batch-size", run.batch_size);
  expect_positive("--context", run.encoder.sizes.context);
  if (run.masking != "dynamic" && run.masking != "static")
    fail_usage("--masking is '{}', expected dynamic or static", run.masking);
  validate_objective(run);
  tasks::smoothed_shares({}, run.language_smoothing);
}

// The part of a tokenizer's sample that each language has: as often as it is trained on.
text::NextText tokenizer_texts(const MaskedLanguageModelRun& run,
                               const std::vector<text::LanguageFiles>& languages) {
  std::vector<std::int64_t> bytes;
  for (const text::LanguageFiles& language : languages) {
    bytes.push_back(1);
    for (const fs::path& file : language.files)
      bytes.back() += static_cast<std::int64_t>(fs::file_size(file));
  }
  return text::sample_lines(languages, tasks::smoothed_shares(bytes, run.language_smoothing),
                            text::kBpeSampleBytes);
}

template <typename Model>
std::unique_ptr<VocabularyModel> start_as(const MaskedLanguageModelRun& run, const text::Tokenizer& tokenizer,
                                          const std::optional<train::Checkpoint>& checkpoint,
                                          std::vector<std::string>& fresh) {
  auto started = start_encoder<Model>(run.encoder, run.training.seed, checkpoint, tokenizer,
                                      [] { return std::nullopt; });
  fresh = std::move(started.fresh);
  return std::move(started.model);
}

void tell(std::FILE* progress, const MaskedLanguageModelRun& run, const VocabularyModel& model,
          const std::vector<std::string>& fresh, const std::vector<text::LanguageFiles>& languages,
          const tasks::MaskedLanguageModeling& task) {
  if (progress == nullptr) return;
  const tasks::LanguageSampling& sampling = task.sampling();
  io::print_message(progress, "{} examples an epoch, {}; {} parameters, {} micro-batches an epoch\n",
                    sampling.per_epoch(), run.packing ? "packed" : "of a sentence each or a pair",
                    model.parameters().count(), task.micro_batches_per_epoch());
  if (languages.size() > 1) {
    std::vector<std::string> shares;
    for (std::size_t i = 0; i < languages.size(); ++i)
      shares.push_back(fmt::format(
          "{} {:.1f}%", languages[i].name,
          100.0 * static_cast<double>(sampling.per_epoch(i)) / static_cast<double>(sampling.per_epoch())));
    io::print_message(progress, "{} languages, smoothed by {}: {}\n", languages.size(),
                      run.language_smoothing, fmt::join(shares, ", "));
  }
  tell_fresh(progress, fresh);
}

}  // namespace

train::TrainingResult train_masked_language_model(const MaskedLanguageModelRun& run, std::FILE* progress) {
  validate(run);
  train::RunDirectory directory = open_directory(run);

  const auto checkpoint = directory.checkpoint();
  const auto languages = text::find_languages(run.train);
  const auto tokenizer = checkpoint ? text::load_tokenizer(checkpoint->path)
                                    : encoder_tokenizer(run.encoder, tokenizer_texts(run, languages));
  std::vector<std::string> fresh;
  const bool pairs = pairs_of(run) != PairObjective::none;
  const auto model = pairs ? start_as<models::PretrainingModel>(run, *tokenizer, checkpoint, fresh)
                           : start_as<models::MaskedLanguageModel>(run, *tokenizer, checkpoint, fresh);

  const std::int64_t context = context_of(run, *model);
  tasks::MaskedLanguageModeling task(
      *model, open_examples(run, languages, "train", *tokenizer, context, progress),
      open_examples(run, text::find_languages(run.valid), "valid", *tokenizer, context, progress),
      {.batch_size = run.batch_size,
       .masking = run.masking == "static" ? tasks::MaskSchedule::fixed : tasks::MaskSchedule::dynamic,
       .pairs = pairs_of(run),
       .language_smoothing = run.language_smoothing,
       .seed = run.training.seed});
  tell(progress, run, *model, fresh, languages, task);
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer), progress)
      .train();
}

}  // namespace attune::command
