// attune train lm: trains a GPT-2, or a GPT, on the user's text.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/input/training_text.h"
#include "apps/attune/train/language_model_run.h"
#include "apps/attune/train/train_flags.h"

namespace attune::command {
void add_train_language_model(Program& program, CLI::App& train) {
  CLI::App& verb = *train.add_subcommand("lm", "Train a GPT-2 or a GPT to predict the next token of a text");
  auto run = std::make_shared<LanguageModelRun>();
  if (program.is_asked_for({"train", "lm"})) apply_config(program.arguments, *run);
  add_text_flags(verb, *run,
                 "char, bpe:SIZE or wordpiece:SIZE (learned from the text), or a directory that has one");
  add_model_flags(verb, *run, "Layers", language_model_families);
  add_value(verb, "Model", "--context", run->context,
            "Tokens the model sees at once, and of a training window");
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the text; 0: given by --max-steps");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Windows of a micro-batch");
  add_value(verb, "Run", "--eval-stride", run->eval_stride,
            "By how many tokens an evaluation window moves on; 0: the context");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    drop_text_alternatives(verb, *run);
    if (verb.get_option("--tokenizer")->count() > 0 && !is_family(run->model, language_model_families) &&
        verb.get_option("--model")->count() == 0)
      run->model.clear();
    run->context_given = verb.get_option("--context")->count() > 0;
    expect_new_model(verb, run->model, language_model_families);
    const auto result = train_language_model(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune generate {} --prompt \"...\"", out));
  });
}

}  // namespace attune::command
