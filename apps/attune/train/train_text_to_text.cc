// attune train text2text: trains an encoder-decoder on pairs of texts, one task or several by their prefixes.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/train/new_model.h"
#include "apps/attune/train/text_to_text_run.h"
#include "apps/attune/train/train_flags.h"

namespace attune::command {
namespace {

void add_data_flags(CLI::App& verb, TextToTextRun& run) {
  verb.add_option("--train", run.train,
                  "Tables to learn from: .csv, .tsv or .jsonl, also .gz; FILE='PREFIX' gives one's sources a "
                  "prefix of their own. Of several tasks each is learned as often as it has pairs")
      ->take_all()
      ->group("Data");
  verb.add_option("--valid", run.valid,
                  "Tables to evaluate on, in the same way; of several tasks each has its own exact match")
      ->take_all()
      ->group("Data");
  add_pair_flags(verb, "Data", run.columns);
  add_value(verb, "Data", "--tokenizer", run.tokenizer,
            "Of a new model: bpe:SIZE (learned from both sides), or a directory or file that has one");
  add_value(verb, "Data", "--max-source-length", run.max_source_length,
            "Most tokens of a source, longer ones are cut");
  add_value(verb, "Data", "--max-target-length", run.max_target_length,
            "Most tokens of a target, longer ones are cut; an evaluation writes as many");
}

void add_training_flags(CLI::App& verb, TextToTextRun& run) {
  const auto value = [&](const char* name, auto& field, const char* help) {
    add_value(verb, "Run", name, field, help);
  };
  value("--batch-size", run.batch_size, "Pairs of a micro-batch");
  add_label_smoothing(verb, run.label_smoothing);
  value("--eval-examples", run.eval_examples,
        "How many of the validation texts of each task an evaluation writes, for exact match; 0: all");
  verb.add_flag("--bleu", run.bleu, "Also BLEU and chrF of what an evaluation writes")->group("Run");
}

}  // namespace

void add_train_text_to_text(Program& program, CLI::App& train) {
  CLI::App& verb = *train.add_subcommand("text2text", "Train an encoder-decoder on pairs of texts, as T5");
  auto run = std::make_shared<TextToTextRun>();
  if (program.is_asked_for({"train", "text2text"})) apply_config(program.arguments, *run);
  add_data_flags(verb, *run);
  add_model_flags(verb, *run, "Layers of the encoder, and of the decoder", t5_families);
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the pairs; 0: given by --max-steps");
  add_training_flags(verb, *run);
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    expect_new_model(verb, run->model, t5_families);
    const auto result = train_text_to_text(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune generate {} \"...\"", out));
  });
}

}  // namespace attune::command
