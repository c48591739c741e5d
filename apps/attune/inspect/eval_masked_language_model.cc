// attune eval of models that predict masked tokens.
#include <numeric>

#include "apps/attune/input/masked_language_model_data.h"
#include "apps/attune/inspect/eval.h"
#include "apps/attune/train/encoder_run.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/io/temporary_directory.h"
#include "attune/models/text/head_kind.h"

namespace attune::command {
namespace {

template <typename Model>
void evaluate(const EvalOptions& options, const MaskedLanguageModelRun& run) {
  auto model = load_for_use<Model>(options.directory, options.dtype);
  const auto tokenizer = text::load_tokenizer(options.directory);
  expect_vocabulary(*tokenizer, model->facts(), options.directory);
  const auto languages =
      open_examples(run, text::find_languages(options.data), "eval", *tokenizer, context_of(run, *model),
                    /*progress=*/nullptr);
  std::int64_t examples = 0;
  for (const tasks::MaskedExamples& language : languages) {
    model.expect(language.tokens());
    examples += language.size();
  }
  const auto evaluation = *tasks::evaluate_masked_tokens(
      *model, languages, pairs_of(run), options.batch_size.value_or(run.batch_size), model.how());
  print_evaluation(evaluation, "examples", examples, options.json);
}

}  // namespace

void evaluate_masked_language_model(const EvalOptions& options) {
  // The tokens are used once, so their cache goes when the command ends.
  const io::TemporaryDirectory cache;
  MaskedLanguageModelRun run = options.masked;
  run.cache = cache.path().string();
  run.encoder.model = options.directory;
  if (models::read_head_kind(options.directory) == models::HeadKind::pretraining) {
    // What its family was pre-trained on, unless something else is said.
    if (!run.next_sentence && !run.sentence_order)
      (models::read_model_type(options.directory) == "albert" ? run.sentence_order : run.next_sentence) =
          true;
    validate_objective(run);
    return evaluate<models::PretrainingModel>(options, run);
  }
  validate_objective(run);
  if (run.next_sentence || run.sentence_order)
    fail_usage("--{} is for models with a head for pairs (ForPreTraining); {} has none",
               run.next_sentence ? "next-sentence" : "sentence-order", options.directory);
  evaluate<models::MaskedLanguageModel>(options, run);
}

}  // namespace attune::command
