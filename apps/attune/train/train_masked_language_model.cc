// attune train mlm: pre-trains an encoder on the user's text.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/train/masked_language_model_run.h"
#include "apps/attune/train/train_flags.h"

namespace attune::command {
namespace {

using Run = MaskedLanguageModelRun;

void add_data_flags(CLI::App& verb, Run& run) {
  const auto files = [&](const char* name, std::vector<std::string>& paths, const char* help) {
    verb.add_option(name, paths, help)->take_all()->group("Data");
  };
  files(
      "--train", run.train,
      "Text to learn from, plain or .gz: a sentence a line, blank lines between documents. Several files are "
      "several languages; a directory is one, with all its files");
  files("--valid", run.valid, "The same to evaluate on");
  add_value(verb, "Data", "--language-smoothing", run.language_smoothing,
            "Exponent s of how often languages are taken, size^s: 1 as they occur, 0 equally");
  verb.add_option("--cache-dir", run.cache, "Where the tokenised text is kept (default: OUT/cache)")
      ->group("Data");
}

}  // namespace

void add_example_flags(CLI::App& verb, MaskedLanguageModelRun& run) {
  const auto value = [&](const char* name, auto& field, const char* help) {
    add_value(verb, "Objective", name, field, help);
  };
  const auto flag = [&](const char* name, bool& field, const char* help) {
    verb.add_flag(name, field, help)->group("Objective");
  };
  flag("--packing,!--no-packing", run.packing,
       "An example has as many sentences as fit (default); not: one, or a pair of neighbouring ones");
  value("--mask-probability", run.masked.probability, "Share of the tokens to predict");
  value("--mask-replace-probability", run.masked.mask_replace_probability,
        "Share of these that the mask token replaces");
  value("--random-replace-probability", run.masked.random_replace_probability,
        "Share of these that a random token replaces; the rest stays");
  flag("--whole-word-mask", run.masked.whole_words, "Mask all tokens of a word or none");
  flag("--next-sentence", run.next_sentence,
       "Also predict whether a second segment follows the first or is of another document (BERT)");
  flag("--sentence-order", run.sentence_order,
       "Also predict whether two segments stand in their order (ALBERT)");
}

void add_train_masked_language_model(Program& program, CLI::App& train) {
  CLI::App& verb = *train.add_subcommand("mlm", "Pre-train an encoder to predict masked tokens");
  auto run = std::make_shared<Run>();
  if (program.is_asked_for({"train", "mlm"})) apply_config(program.arguments, *run);
  add_data_flags(verb, *run);
  add_encoder_flags(verb, run->encoder);
  add_context_flag(verb, run->encoder);
  add_value(verb, "Objective", "--masking", run->masking,
            "dynamic: other tokens every time; static: the same");
  add_example_flags(verb, *run);
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the text; 0: given by --max-steps");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Examples of a micro-batch");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    refuse_sizes_of_directory(verb, run->encoder);
    run->context_given = verb.get_option("--context")->count() > 0;
    const auto result = train_masked_language_model(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune fill {} \"...\"", out));
  });
}

}  // namespace attune::command
