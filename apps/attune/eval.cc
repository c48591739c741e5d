// attune eval DIR --data FILE: how well a model predicts a text; DIR --data SOURCE TARGET: how well it
// translates.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/attune/command.h"
#include "apps/attune/eval_translation.h"
#include "apps/attune/model_options.h"
#include "apps/attune/translator_flags.h"
#include "attune/base/error.h"
#include "attune/io/temporary_directory.h"
#include "attune/tasks/language_modeling.h"
#include "attune/text/corpus.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

// Groups of the options that mean something to one kind of model only.
constexpr const char *language_models = "Language models", *translators = "Encoder-decoders";

struct Options {
  std::string directory, separator, dtype = "float32";
  std::vector<std::string> data;
  std::int64_t stride = 0;
  std::optional<std::int64_t> batch_size;
  bool json = false, lowercase = false, tables = false;
  TranslatorOptions translator;
  PairColumns columns;
};

tasks::LanguageModelEvaluation evaluate(const Options& options) {
  const auto model = models::load_causal_language_model(options.directory, {loaded_type(options.dtype)});
  const auto tokenizer = text::load_tokenizer(options.directory);
  const std::int64_t context = model->context_length(),
                     stride = options.stride == 0 ? context : options.stride;
  if (stride < 1 || stride > context)
    fail_usage("--stride is {}, expected 1 to the model's context of {}", stride, context);
  text::TextFiles files{{options.data.begin(), options.data.end()}, std::nullopt};
  if (!options.separator.empty()) files.separator = options.separator;
  // The tokens are used once, so their cache goes when the command ends.
  const io::TemporaryDirectory cache;
  const text::TokenCorpus corpus = text::open_corpus(files, *tokenizer, cache.path() / "eval.tokens");
  return *tasks::evaluate_language_model(*model, corpus, context, stride, options.batch_size.value_or(8), {});
}

void evaluate_translations(const Options& options) {
  TranslationEvalOptions translation{options.translator, options.data,      options.columns,
                                     options.tables,     options.lowercase, options.json};
  translation.translator.directory = options.directory;
  translation.translator.dtype = options.dtype;
  if (options.batch_size) translation.translator.batch_size = *options.batch_size;
  evaluate_translation_model(translation);
}

void refuse_group(const CLI::App& verb, const std::string& group, const char* kind, const Options& options) {
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_group() == group && option->count() > 0)
      fail_usage("--{} is for {}; {} is none", option->get_lnames().front(), kind, options.directory);
  }
}

void run(const CLI::App& verb, const Options& options) {
  if (options.batch_size.value_or(1) < 1)
    fail_usage("--batch-size is {}, expected at least 1", *options.batch_size);
  if (is_translation_model(options.directory)) {
    refuse_group(verb, language_models, "language models", options);
    return evaluate_translations(options);
  }
  refuse_group(verb, translators, "encoder-decoders", options);
  const auto result = evaluate(options);
  if (options.json) {
    const nlohmann::ordered_json line = {{"loss", result.loss},
                                         {"perplexity", result.perplexity},
                                         {"bits_per_byte", result.bits_per_byte},
                                         {"tokens", result.tokens}};
    fmt::print("{}\n", line.dump());
    return;
  }
  fmt::print(
      "loss           {:.4f} nats a token\nperplexity     {:.3f}\nbits per byte  {:.4f}\ntokens         {}\n",
      result.loss, result.perplexity, result.bits_per_byte, result.tokens);
}

}  // namespace

void add_eval(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App& verb =
      *program.app.add_subcommand("eval", "Measure how well a model predicts a text, or translates");
  verb.add_option("directory", options->directory, "Model directory")->required();
  verb.add_option(
          "--data", options->data,
          "Text files; of an encoder-decoder SOURCE TARGET, one file with SOURCE<tab>TARGET lines, or "
          "tables with --source and --target columns")
      ->required()
      ->take_all();
  verb.add_flag("--json", options->json, "Print one JSON object");
  verb.add_option("--dtype", options->dtype, "Type of the weights: float32 or bfloat16")
      ->capture_default_str();
  verb.add_option("--batch-size", options->batch_size,
                  "Windows of a text at once (default: 8), or sentences to translate (default: 32)");
  verb.add_option("--separator", options->separator, "Line that stands between the documents of a file")
      ->group(language_models);
  add_value(verb, language_models, "--stride", options->stride,
            "By how many tokens the window moves on; 0: the context");
  add_pair_flags(verb, translators, options->columns);
  add_search_flags(verb, options->translator, translators);
  verb.add_flag("--lowercase", options->lowercase, "Compare in lower case, as sacrebleu -lc")
      ->group(translators);
  add_threads(verb);
  verb.callback([options, &verb] {
    options->tables = options->columns.given(verb);
    run(verb, *options);
  });
}

}  // namespace attune::command
