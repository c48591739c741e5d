// attune train span: pre-trains a T5 by span corruption, or a prefix language model.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/input/training_text.h"
#include "apps/attune/train/span_run.h"
#include "apps/attune/train/train_flags.h"

namespace attune::command {
namespace {

using Run = SpanRun;

void add_objective_flags(CLI::App& verb, Run& run) {
  verb.add_option("--objective", run.objective,
                  "span (T5's span corruption) or prefix-lm (default: what the model is for)")
      ->group("Objective");
  add_value(verb, "Objective", "--context", run.context,
            "Tokens of a source with its spans left out; or those that a prefix language model sees");
  add_value(verb, "Objective", "--noise-density", run.noise.density, "Share of the tokens that is left out");
  add_value(verb, "Objective", "--mean-span-length", run.noise.mean_span_length,
            "Tokens that are left out together, on average");
}

}  // namespace

void add_train_span(Program& program, CLI::App& train) {
  CLI::App& verb =
      *train.add_subcommand("span", "Pre-train a T5 by span corruption, or a prefix language model");
  auto run = std::make_shared<Run>();
  if (program.is_asked_for({"train", "span"})) apply_config(program.arguments, *run);
  add_text_flags(verb, *run,
                 "bpe:SIZE, char or wordpiece:SIZE (learned from the text), or a directory or file that has "
                 "one; a T5's gets </s>, <pad> and <extra_id_0> to <extra_id_99> where it lacks them");
  add_model_flags(verb, *run, "Layers (of a T5: of the encoder, and of the decoder)", span_families);
  add_objective_flags(verb, *run);
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the text; 0: given by --max-steps");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Windows of a micro-batch");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    drop_text_alternatives(verb, *run);
    run->context_given = verb.get_option("--context")->count() > 0;
    expect_new_model(verb, run->model, span_families);
    const auto result = train_spans(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune generate {} \"...\"", out));
  });
}

}  // namespace attune::command
