// attune train lm: trains a GPT-2 on the user's text.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/language_model_run.h"
#include "apps/attune/train_flags.h"

namespace attune::command {
namespace {

using Run = LanguageModelRun;

void add_data_flags(CLI::App& verb, Run& run) {
  verb.add_option("--train", run.train, "Text files to learn from")->take_all()->group("Data");
  verb.add_option("--valid", run.valid, "Text files to evaluate on")->take_all()->group("Data");
  add_value(verb, "Data", "--valid-fraction", run.valid_fraction,
            "Last part of the training text to evaluate on instead");
  verb.add_option("--separator", run.separator,
                  "Line that stands between the documents of a file (default: a file is a document)")
      ->group("Data");
  add_value(verb, "Data", "--tokenizer", run.tokenizer,
            "char, bpe:SIZE (learned from the text), or a directory that has one");
  verb.add_option("--cache-dir", run.cache, "Where the tokenised text is kept (default: OUT/cache)")
      ->group("Data");
}

void drop_alternatives(const CLI::App& verb, Run& run) {
  const auto given = [&](const char* flag) { return verb.get_option(flag)->count() > 0; };
  command::drop_alternatives(verb, run.training);
  if (given("--valid") && !given("--valid-fraction")) run.valid_fraction = 0;
  if (given("--valid-fraction") && !given("--valid")) run.valid.clear();
  if (given("--tokenizer")) run.model.clear();
  run.context_given = given("--context");
}

}  // namespace

void add_train_language_model(Program& program, CLI::App& train) {
  CLI::App& verb = *train.add_subcommand("lm", "Train a GPT-2 to predict the next token of a text");
  auto run = std::make_shared<Run>();
  if (program.is_asked_for({"train", "lm"})) apply_config(program.arguments, *run);
  add_data_flags(verb, *run);
  add_model_flags(verb, *run, "Layers");
  add_value(verb, "Model", "--context", run->context,
            "Tokens the model sees at once, and of a training window");
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the text; 0: given by --max-steps");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Windows of a micro-batch");
  add_value(verb, "Run", "--eval-stride", run->eval_stride,
            "By how many tokens an evaluation window moves on; 0: the context");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, *run);
    const auto result = train_language_model(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune generate {} --prompt \"...\"", out));
  });
}

}  // namespace attune::command
