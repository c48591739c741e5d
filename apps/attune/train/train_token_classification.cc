// attune train token-classification: fine-tune an encoder to label the words of a text.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/train/token_classification_run.h"
#include "apps/attune/train/train_flags.h"

namespace attune::command {

void add_train_token_classification(Program& program, CLI::App& train) {
  CLI::App& verb = *train.add_subcommand("token-classification", "Fine-tune an encoder to label words");
  auto run = std::make_shared<TokenClassificationRun>();
  if (program.is_asked_for({"train", "token-classification"})) apply_config(program.arguments, *run);
  verb.add_option(
          "--train", run->train,
          "CoNLL files to learn from: a word a line with its label, blank lines between sentences; also "
          ".gz")
      ->take_all()
      ->group("Data");
  verb.add_option("--valid", run->valid, "CoNLL files to evaluate on")->take_all()->group("Data");
  add_value(verb, "Data", "--word-column", run->word_column, "Column with the words, from 1");
  add_value(verb, "Data", "--label-column", run->label_column, "Column with the labels, from 1; 0: the last");
  add_encoder_flags(verb, run->encoder);
  add_context_flag(verb, run->encoder);
  add_value(verb, "Model", "--max-length", run->max_length,
            "Most tokens of a sentence, longer ones are cut; 0: as many as the model takes");
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the sentences; 0: given by --max-steps");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Sentences of a micro-batch");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    refuse_sizes_of_directory(verb, run->encoder);
    const auto result = train_token_classification(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune tag {} \"...\"", out));
  });
}

}  // namespace attune::command
