#include "apps/attune/language_model_run.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "attune/io/message.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/tasks/language_modeling.h"
#include "attune/text/corpus.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::command {
namespace {

namespace fs = std::filesystem;

text::TextFiles text_files(const LanguageModelRun& run, const std::vector<std::string>& paths) {
  text::TextFiles files{{paths.begin(), paths.end()}, std::nullopt};
  if (!run.separator.empty()) files.separator = run.separator;
  return files;
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
  if (!run.valid.empty() && run.valid_fraction != 0)
    fail_usage("--valid and --valid-fraction exclude one another");
  if (!(run.valid_fraction >= 0 && run.valid_fraction < 1)) {
    fail_usage("--valid-fraction is {}, expected 0 <= fraction < 1", run.valid_fraction);
  }
}

models::Gpt2Config new_config(const LanguageModelRun& run, const text::Tokenizer& tokenizer) {
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
  if (!run.model.empty()) {
    auto model = models::load_causal_language_model(run.model);
    check(tokenizer.vocab_size() <= model->vocab_size(),
          "the tokenizer has {} tokens, the model of {} takes {}", tokenizer.vocab_size(), run.model,
          model->vocab_size());
    if (run.context_given && run.context > model->context_length())
      fail_usage("--context is {}, the model of {} sees {} tokens", run.context, run.model,
                 model->context_length());
    return model;
  }
  auto model = std::make_unique<models::Gpt2>(new_config(run, tokenizer));
  Generator generator{.seed = run.training.seed};
  model->parameters().initialize(generator);
  return model;
}

struct Corpora {
  text::TokenCorpus train;
  std::optional<text::TokenCorpus> valid;
};

Corpora open_corpora(const LanguageModelRun& run, const text::Tokenizer& tokenizer, std::FILE* progress) {
  const fs::path cache = run.cache.empty() ? fs::path(run.place.out) / "cache" : fs::path(run.cache);
  fs::create_directories(cache);
  const auto open = [&](const std::vector<std::string>& paths, const char* name) {
    // Only a text that takes a while to tokenise is worth a line.
    constexpr std::uint64_t worth_telling = std::uint64_t{32} << 20;
    std::uint64_t told = 0;
    return text::open_corpus(text_files(run, paths), tokenizer, cache / name,
                             [&, told](std::uint64_t done, std::uint64_t total) mutable {
                               if (progress == nullptr || total < worth_telling || done * 20 / total == told)
                                 return;
                               told = done * 20 / total;
                               io::print_message(progress, "tokenising {}: {} of {} MB\n", name,
                                                 done / 1000000, total / 1000000);
                             });
  };
  text::TokenCorpus all = open(run.train, "train.tokens");
  if (run.valid_fraction > 0) {
    auto [train, valid] = all.split(run.valid_fraction);
    return {std::move(train), std::move(valid)};
  }
  if (!run.valid.empty()) return {std::move(all), open(run.valid, "valid.tokens")};
  return {std::move(all), std::nullopt};
}

// Calls visit(name, field) for every option of the run beside those of training, under the name of its flag.
template <typename Run, typename Visit>
void for_each_field(Run& run, Visit&& visit) {
  visit("train", run.train);
  visit("valid", run.valid);
  visit("valid_fraction", run.valid_fraction);
  visit("separator", run.separator);
  visit("tokenizer", run.tokenizer);
  visit("model", run.model);
  visit("layers", run.layers);
  visit("heads", run.heads);
  visit("width", run.width);
  visit("context", run.context);
  visit("feed_forward", run.feed_forward);
  visit("dropout", run.dropout);
  visit("batch_size", run.batch_size);
  visit("eval_stride", run.eval_stride);
}

}  // namespace

void to_json(nlohmann::ordered_json& json, const LanguageModelRun& run) {
  for_each_field(run, [&](const char* name, const auto& field) { json[name] = field; });
}

void from_json(const nlohmann::ordered_json& json, LanguageModelRun& run) {
  read_run(json, run, [](auto& of, auto visit) { for_each_field(of, visit); });
}

train::TrainingResult train_language_model(const LanguageModelRun& run, std::FILE* progress) {
  validate(run);
  nlohmann::ordered_json configuration;
  to_json(configuration, run);
  train::RunDirectory directory(run.place.out, run.place.mode(), run.training, configuration.dump());

  const auto checkpoint = directory.checkpoint();
  const std::string choice = checkpoint          ? checkpoint->path.string()
                             : run.model.empty() ? run.tokenizer
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
  const auto save = [&](const fs::path& to) {
    model->save(to);
    text::save_tokenizer(*tokenizer, to, model->context_length());
  };
  return train::Trainer(model->parameters(), model->weight_table(), task, directory, save, progress).train();
}

}  // namespace attune::command
