// attune eval of language models.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/attune/inspect/eval.h"
#include "apps/attune/use/model_options.h"
#include "attune/io/temporary_directory.h"
#include "attune/tasks/language_modeling/language_modeling.h"
#include "attune/text/corpora/corpus.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

tasks::LanguageModelEvaluation evaluate(const EvalOptions& options) {
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

}  // namespace

void evaluate_language_model(const EvalOptions& options) {
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

}  // namespace attune::command
