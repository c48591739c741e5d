#include "apps/attune/train/language_model_run.h"

#include <filesystem>

#include "apps/attune/input/training_text.h"
#include "apps/attune/train/model_saver.h"
#include "attune/io/message.h"
#include "attune/models/gpt/gpt.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/tasks/language_modeling/language_modeling.h"
#include "attune/text/corpora/corpus.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

// A new model of the run's sizes, rather than one of a directory.
bool starts_anew(const LanguageModelRun& run) {
  return run.model.empty() || is_family(run.model, language_model_families);
}

void validate(const LanguageModelRun& run) {
  validate_sizes(run);
  expect_positive("--context", run.context);
  expect_positive("--batch-size", run.batch_size);
  if (run.eval_stride < 0)
    fail_usage("--eval-stride is {}, expected 0 (the context) or more", run.eval_stride);
  // A run to resume says what it learns from; one that is not there is better news than missing flags.
  if (run.train.empty() && !run.place.resume)
    fail_usage("--train FILE is missing: what should the model learn from?");
  run.place.validate();
  validate_texts(run);
  if (run.model == "openai-gpt" && run.feed_forward != 0 && run.feed_forward != 4 * run.width)
    fail_usage("--feed-forward is {}, a GPT's is four times the width of {}", run.feed_forward, run.width);
}

models::GptConfig new_gpt_config(const LanguageModelRun& run, const text::Tokenizer& tokenizer) {
  models::GptConfig config;
  config.vocab_size = tokenizer.vocab_size();
  config.n_positions = run.context;
  config.n_embd = run.width;
  config.n_layer = run.layers;
  config.n_head = run.heads;
  config.resid_pdrop = config.embd_pdrop = config.attn_pdrop = run.dropout;
  config.eos_token_id = tokenizer.special().eos;
  config.bos_token_id = tokenizer.special().bos;
  config.pad_token_id = tokenizer.special().pad;
  return config;
}

models::Gpt2Config new_gpt2_config(const LanguageModelRun& run, const text::Tokenizer& tokenizer) {
  models::Gpt2Config config;
  config.vocab_size = tokenizer.vocab_size();
  config.n_positions = run.context;
  config.n_embd = run.width;
  config.n_layer = run.layers;
  config.n_head = run.heads;
  config.n_inner = run.feed_forward > 0 ? run.feed_forward : 4 * run.width;
  config.resid_pdrop = config.embd_pdrop = config.attn_pdrop = run.dropout;
  config.eos_token_id = tokenizer.special().eos;
  config.bos_token_id = tokenizer.special().bos;
  config.pad_token_id = tokenizer.special().pad;
  return config;
}

// A new model, or the one to continue from, with its weights; of a resumed run, those of the checkpoint.
std::unique_ptr<models::CausalLanguageModel> make_model(const LanguageModelRun& run,
                                                        const text::Tokenizer& tokenizer,
                                                        const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint) return models::load_causal_language_model(checkpoint->path);
  if (!starts_anew(run)) {
    auto model = models::load_causal_language_model(run.model);
    check(tokenizer.vocab_size() <= model->vocab_size(),
          "the tokenizer has {} tokens, the model of {} takes {}", tokenizer.vocab_size(), run.model,
          model->vocab_size());
    if (run.context_given && run.context > model->context_length())
      fail_usage("--context is {}, the model of {} sees {} tokens", run.context, run.model,
                 model->context_length());
    return model;
  }
  std::unique_ptr<models::CausalLanguageModel> model;
  if (run.model == "openai-gpt") {
    model = std::make_unique<models::Gpt>(new_gpt_config(run, tokenizer));
  } else {
    model = std::make_unique<models::Gpt2>(new_gpt2_config(run, tokenizer));
  }
  Generator generator{.seed = run.training.seed};
  model->parameters().initialize(generator);
  return model;
}

}  // namespace

train::TrainingResult train_language_model(const LanguageModelRun& run, std::FILE* progress) {
  validate(run);
  train::RunDirectory directory = open_directory(run);

  const auto checkpoint = directory.checkpoint();
  const std::string choice = checkpoint         ? checkpoint->path.string()
                             : starts_anew(run) ? run.tokenizer
                                                : run.model;
  const auto tokenizer =
      text::choose_tokenizer(choice, text_files(run, run.train), {run.valid.begin(), run.valid.end()});
  const auto model = make_model(run, *tokenizer, checkpoint);
  Corpora corpora = open_corpora(run, *tokenizer, progress);

  tasks::LanguageModeling task(*model, std::move(corpora.train), std::move(corpora.valid),
                               {.context = std::min(run.context, model->context_length()),
                                .batch_size = run.batch_size,
                                .eval_stride = run.eval_stride,
                                .seed = run.training.seed});
  return train::Trainer(model->parameters(), model->weight_table(), task, directory,
                        saver_of(*model, *tokenizer, model->context_length()), progress)
      .train();
}

}  // namespace attune::command
