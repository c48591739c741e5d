// attune train multiple-choice: fine-tune a model to choose the answer of a question.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/train/multiple_choice_run.h"
#include "apps/attune/train/train_flags.h"

namespace attune::command {

void add_train_multiple_choice(Program& program, CLI::App& train) {
  CLI::App& verb =
      *train.add_subcommand("multiple-choice", "Fine-tune a model to choose the answer of a question");
  auto run = std::make_shared<MultipleChoiceRun>();
  if (program.is_asked_for({"train", "multiple-choice"})) apply_config(program.arguments, *run);
  verb.add_option("--train", run->train, "Tables to learn from: .csv, .tsv or .jsonl, also .gz")
      ->take_all()
      ->group("Data");
  verb.add_option("--valid", run->valid, "Tables to evaluate on")->take_all()->group("Data");
  add_choice_flags(verb, run->columns, "Column with");
  add_value(verb, "Data", "--label", run->columns.label,
            "Column with the right choice: its number from 0, its letter or the name of its column");
  add_encoder_flags(verb, run->encoder);
  add_value(
      verb, "Model", "--max-length", run->max_length,
      "Most tokens of a question with a choice, longer ones are cut, and what a new encoder takes; 0: as "
      "many as the model takes, 128 of a new one");
  verb.add_option("--lm-weight", run->lm_weight,
                  "Weight of the language-model loss beside the task's, for GPT and GPT-2 (default: 0.5)")
      ->check(CLI::NonNegativeNumber)
      ->group("Model");
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the questions; 0: given by --max-steps");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Questions of a micro-batch");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    refuse_sizes_of_directory(verb, run->encoder);
    const auto result = train_multiple_choice(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code =
        report_run(out, result, fmt::format("attune choose {} --question \"...\" --choices A B", out));
  });
}

}  // namespace attune::command
