// attune train classification, attune train regression: fine-tune a model to label texts or pairs of them.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/train/classification_run.h"
#include "apps/attune/train/train_flags.h"

namespace attune::command {
namespace {

void add_label_flags(CLI::App& verb, ClassificationRun& run) {
  auto* sets = verb.add_flag("--multi-label", run.multi_label,
                             "A text has any number of labels, in a cell of the label column")
                   ->group("Data");
  add_value(verb, "Data", "--label-separator", run.label_separator, "What divides the labels of a cell");
  verb.add_option(
          "--label-columns", run.label_columns,
          "Instead of --label: a column of 0 and 1 for each label, where a text has any number of them")
      ->take_all()
      ->excludes(sets)
      ->group("Data");
  verb.add_option("--class-weights", run.class_weights,
                  "How much the texts of a label count: balanced, or LABEL=WEIGHT,... (others: 1)")
      ->group("Optimizer");
}

void add_task(Program& program, CLI::App& train, bool regression) {
  const char* const name = regression ? "regression" : "classification";
  CLI::App& verb = *train.add_subcommand(
      name, regression ? "Fine-tune a model to give texts a number" : "Fine-tune a model to label texts");
  auto run = std::make_shared<ClassificationRun>();
  run->regression = regression;
  if (program.is_asked_for({"train", name})) apply_config(program.arguments, *run);
  if (run->regression != regression)
    fail_usage("{}: it is of a run of attune train {}", config_path(program.arguments),
               run->regression ? "regression" : "classification");
  verb.add_option("--train", run->train, "Tables to learn from: .csv, .tsv or .jsonl, also .gz")
      ->take_all()
      ->group("Data");
  verb.add_option("--valid", run->valid, "Tables to evaluate on")->take_all()->group("Data");
  add_column_flags(verb, run->columns, /*with_label=*/true);
  if (!regression) add_label_flags(verb, *run);
  add_encoder_flags(verb, run->encoder);
  add_context_flag(verb, run->encoder);
  verb.add_option("--lm-weight", run->lm_weight,
                  "Weight of the language-model loss beside the task's, for GPT and GPT-2 (default: 0.5)")
      ->check(CLI::NonNegativeNumber)
      ->group("Model");
  verb.add_flag("--symmetric", run->symmetric,
                "Pairs have no order: GPT and GPT-2 read both and add what they get")
      ->group("Model");
  add_value(verb, "Model", "--max-length", run->max_length,
            "Most tokens of a text or a pair, longer ones are cut; 0: as many as the model takes");
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the texts; 0: given by --max-steps");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Texts of a micro-batch");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    refuse_sizes_of_directory(verb, run->encoder);
    const auto result = train_classification(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune classify {} \"...\"", out));
  });
}

}  // namespace

void add_train_classification(Program& program, CLI::App& train) {
  add_task(program, train, /*regression=*/false);
  add_task(program, train, /*regression=*/true);
}

}  // namespace attune::command
