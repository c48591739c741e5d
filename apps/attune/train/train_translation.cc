// attune train translation: trains a Transformer on pairs of sentences.
#include <fmt/format.h>

#include <algorithm>

#include "apps/attune/command.h"
#include "apps/attune/train/train_flags.h"
#include "apps/attune/train/translation_run.h"

namespace attune::command {
namespace {

void add_data_flags(CLI::App& verb, TranslationRun& run) {
  verb.add_option("--train", run.train,
                  "SOURCE TARGET: two files, line by line translations of one another; or one with "
                  "SOURCE<tab>TARGET lines; also .gz")
      ->take_all()
      ->group("Data");
  verb.add_option("--valid", run.valid, "The same, to evaluate on")->take_all()->group("Data");
  add_value(verb, "Data", "--tokenizer", run.tokenizer,
            "bpe:SIZE (learned from both sides), or a directory that has one");
}

void add_training_flags(CLI::App& verb, TranslationRun& run) {
  const auto number = [&](const char* name, auto& value, const char* help) {
    add_value(verb, "Run", name, value, help);
  };
  number("--batch-tokens", run.batch_tokens, "Most tokens of a micro-batch on either side, padding included");
  add_label_smoothing(verb, run.label_smoothing);
  number("--average-checkpoints", run.average_checkpoints,
         "The model becomes the mean of the last so many checkpoints; 0: the best of the evaluations");
}

// The paper's warm-up is longer than a short run: unless somebody chose it, it takes a tenth at most.
void shorten_warmup(train::TrainingOptions& training) {
  if (training.max_steps > 0)
    training.warmup_steps = std::min(training.warmup_steps, training.max_steps / 10);
}

}  // namespace

void add_train_translation(Program& program, CLI::App& train) {
  CLI::App& verb = *train.add_subcommand("translation", "Train a Transformer to translate");
  auto run = std::make_shared<TranslationRun>();
  if (program.is_asked_for({"train", "translation"})) apply_config(program.arguments, *run);
  add_data_flags(verb, *run);
  add_model_flags(verb, *run, "Layers of the encoder, and of the decoder");
  add_value(verb, "Model", "--context", run->context,
            "Most tokens of a sentence; longer pairs are left out of the training")
      ->excludes(verb.get_option("--model"));
  add_optimizer_flags(verb, run->training);
  verb.get_option("--warmup-steps")
      ->description("Steps over which the learning rate rises; not given: at most a tenth of --max-steps");
  add_run_flags(verb, run->place, run->training, "Times through the pairs; 0: given by --max-steps");
  add_training_flags(verb, *run);
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    if (verb.get_option("--warmup-steps")->count() == 0 && !is_configured(program.arguments, "warmup_steps"))
      shorten_warmup(run->training);
    expect_new_model(verb, run->model, {});
    if (verb.get_option("--tokenizer")->count() > 0) run->model.clear();
    const auto result = train_translation(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune translate {} \"...\"", out));
  });
}

}  // namespace attune::command
