#include "apps/attune/train/span_run.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "apps/attune/input/training_text.h"
#include "apps/attune/train/model_saver.h"
#include "attune/io/message.h"
#include "attune/models/config_fields.h"
#include "attune/models/prefix_lm/prefix_lm.h"
#include "attune/models/t5/t5.h"
#include "attune/tasks/language_modeling/prefix_language_modeling.h"
#include "attune/text/pre_tokenizers/byte_level.h"
#include "attune/text/text_to_text_tokenizer.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

void validate(const SpanRun& run) {
  if (run.train.empty() && !run.place.resume)
    fail_usage("--train FILE is missing: what should the model learn from?");
  if (run.model.empty() && !run.place.resume)
    fail_usage("--model is missing: a model directory, or t5, t5-v1.1 or prefix-lm for a new one");
  run.place.validate();
  validate_sizes(run);
  validate_texts(run);
  expect_positive("--context", run.context);
  expect_positive("--batch-size", run.batch_size);
  run.noise.validate();
  if (!run.objective.empty() && run.objective != "span" && run.objective != "prefix-lm")
    fail_usage("--objective is '{}', expected span or prefix-lm", run.objective);
}

// Where the model comes from: the checkpoint, or else --model.
struct Origin {
  fs::path directory;  // empty: a new model
  bool is_prefix_lm;
};

Origin origin_of(const SpanRun& run, const std::optional<train::Checkpoint>& checkpoint) {
  const bool is_new = !checkpoint && is_family(run.model, span_families);
  Origin origin{is_new       ? fs::path()
                : checkpoint ? checkpoint->path
                             : fs::path(run.model),
                run.model == "prefix-lm"};
  if (!is_new) {
    check(fs::is_directory(origin.directory), "{} is not a model directory", origin.directory.string());
    const std::string type = models::read_model_type(origin.directory);
    check(type == "t5" || type == "prefix-lm", "{}: \"model_type\" is \"{}\", expected t5 or prefix-lm",
          (origin.directory / "config.json").string(), type);
    origin.is_prefix_lm = type == "prefix-lm";
  }
  const std::string fits = origin.is_prefix_lm ? "prefix-lm" : "span";
  if (!run.objective.empty() && run.objective != fits)
    fail_usage("--objective {} does not fit --model {}, whose objective is {}", run.objective, run.model,
               fits);
  return origin;
}

void expect_vocabulary(const text::Tokenizer& tokenizer, std::int64_t most, const fs::path& directory) {
  check(tokenizer.vocab_size() <= most, "the tokenizer has {} tokens, the model of {} takes {}",
        tokenizer.vocab_size(), directory.string(), most);
}

T5Sizes sizes_of(const SpanRun& run) {
  return {run.layers, run.heads, run.width, run.feed_forward, run.dropout};
}

std::unique_ptr<text::Tokenizer> new_tokenizer(const SpanRun& run) {
  return text::choose_tokenizer(run.tokenizer, text_files(run, run.train),
                                {run.valid.begin(), run.valid.end()});
}

// The same with what span corruption needs.
std::unique_ptr<text::Tokenizer> new_t5_tokenizer(const SpanRun& run) {
  if (!run.tokenizer.starts_with("bpe:")) return text::complete_text_to_text(*new_tokenizer(run));
  const text::TextFiles files = text_files(run, run.train);
  text::TextReader reader(
      text::sample_ranges(text::whole_files(files.paths), text::kBpeSampleBytes), files.separator,
      [](std::string_view text, std::size_t from) { return text::ByteLevel().find_cut(text, from); });
  text::TextPart part;
  return text::choose_text_to_text_tokenizer(run.tokenizer, [&](std::string& text) {
    if (!reader.next(part)) return false;
    text = std::move(part.text);
    return true;
  });
}

void tell(std::FILE* progress, const nn::Parameters& parameters, std::int64_t tokens, const std::string& what,
          std::int64_t micro_batches) {
  if (progress == nullptr) return;
  io::print_message(progress, "{} parameters, {} training tokens, {} micro-batches an epoch; {}\n",
                    parameters.count(), tokens, micro_batches, what);
}

train::TrainingResult corrupt(const SpanRun& run, const Origin& origin, train::RunDirectory& directory,
                              std::FILE* progress) {
  const bool is_new = origin.directory.empty();
  const auto tokenizer = is_new ? new_t5_tokenizer(run) : text::load_tokenizer(origin.directory);
  std::unique_ptr<models::T5> model;
  if (is_new) {
    model = std::make_unique<models::T5>(
        new_t5_config(run.model, sizes_of(run), tokenizer->vocab_size(), tokenizer->special()));
    Generator generator{.seed = run.training.seed};
    model->initialize(generator);
  } else {
    model = models::load_t5(origin.directory);
    expect_vocabulary(*tokenizer, model->vocab_size(), origin.directory);
  }
  Corpora corpora = open_corpora(run, *tokenizer, progress);
  const std::int64_t tokens = corpora.train.size();
  tasks::SpanCorruption task(*model, std::move(corpora.train), std::move(corpora.valid),
                             {.context = run.context,
                              .noise = run.noise,
                              .batch_size = run.batch_size,
                              .sentinels = text::sentinel_ids(*tokenizer),
                              .seed = run.training.seed});
  const auto& lengths = task.lengths();
  tell(progress, model->parameters(), tokens,
       fmt::format("a window of {} tokens has a source of {} and a target of {}", lengths.tokens,
                   lengths.source, lengths.target),
       task.micro_batches_per_epoch());
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer, model->max_source_length()), progress)
      .train();
}

models::PrefixLmConfig new_prefix_lm_config(const SpanRun& run, const text::Tokenizer& tokenizer) {
  text::SpecialTokens special = tokenizer.special();
  special.eos = special.eos.value_or(0);  // T5's blocks name both; neither has a part in this model
  special.pad = special.pad.value_or(0);
  models::PrefixLmConfig config;
  config.blocks = new_t5_config("t5", sizes_of(run), tokenizer.vocab_size(), special);
  config.n_positions = run.context;
  config.eos_token_id = tokenizer.special().eos;
  return config;
}

train::TrainingResult continue_prefixes(const SpanRun& run, const Origin& origin,
                                        train::RunDirectory& directory, std::FILE* progress) {
  const bool is_new = origin.directory.empty();
  const auto tokenizer = is_new ? new_tokenizer(run) : text::load_tokenizer(origin.directory);
  std::unique_ptr<models::PrefixLanguageModel> model;
  if (is_new) {
    model = std::make_unique<models::PrefixLanguageModel>(new_prefix_lm_config(run, *tokenizer));
    Generator generator{.seed = run.training.seed};
    model->initialize(generator);
  } else {
    model = models::load_prefix_lm(origin.directory);
    expect_vocabulary(*tokenizer, model->vocab_size(), origin.directory);
  }
  Corpora corpora = open_corpora(run, *tokenizer, progress);
  const std::int64_t tokens = corpora.train.size();
  const std::int64_t context =
      run.context_given ? run.context : std::min(run.context, model->context_length());
  tasks::PrefixLanguageModeling task(
      *model, std::move(corpora.train), std::move(corpora.valid),
      {.context = context, .batch_size = run.batch_size, .seed = run.training.seed});
  tell(progress, model->parameters(), tokens, fmt::format("windows of {} tokens", context),
       task.micro_batches_per_epoch());
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer, model->context_length()), progress)
      .train();
}

}  // namespace

train::TrainingResult train_spans(const SpanRun& run, std::FILE* progress) {
  validate(run);
  train::RunDirectory directory = open_directory(run);
  const Origin origin = origin_of(run, directory.checkpoint());
  return origin.is_prefix_lm ? continue_prefixes(run, origin, directory, progress)
                             : corrupt(run, origin, directory, progress);
}

}  // namespace attune::command
