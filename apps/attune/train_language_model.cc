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
  verb.add_option("--valid-fraction", run.valid_fraction,
                  "Last part of the training text to evaluate on instead")
      ->capture_default_str()
      ->group("Data");
  verb.add_option("--separator", run.separator,
                  "Line that stands between the documents of a file (default: a file is a document)")
      ->group("Data");
  verb.add_option("--tokenizer", run.tokenizer,
                  "char, bpe:SIZE (learned from the text), or a directory that has one")
      ->capture_default_str()
      ->group("Data");
  verb.add_option("--cache-dir", run.cache, "Where the tokenised text is kept (default: OUT/cache)")
      ->group("Data");
}

void add_model_flags(CLI::App& verb, Run& run) {
  auto* model =
      verb.add_option("--model", run.model, "Model directory to continue from, instead of a new model")
          ->group("Model")
          ->excludes(verb.get_option("--tokenizer"));  // the model has its own
  const auto size = [&](const char* name, std::int64_t& value, const char* help) {
    return verb.add_option(name, value, help)->capture_default_str()->group("Model");
  };
  size("--layers", run.layers, "Layers")->excludes(model);
  size("--heads", run.heads, "Attention heads of a layer")->excludes(model);
  size("--width", run.width, "Width of the residual stream")->excludes(model);
  size("--feed-forward", run.feed_forward, "Width of the feed-forward network; 0: four times the width")
      ->excludes(model);
  verb.add_option("--dropout", run.dropout, "Dropout of a new model")
      ->capture_default_str()
      ->excludes(model)
      ->group("Model");
  size("--context", run.context, "Tokens the model sees at once, and of a training window");
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
  add_model_flags(verb, *run);
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the text; 0: given by --max-steps");
  const auto number = [&](const char* name, auto& value, const char* help) {
    verb.add_option(name, value, help)->capture_default_str()->group("Run");
  };
  number("--batch-size", run->batch_size, "Windows of a micro-batch");
  number("--eval-stride", run->eval_stride,
         "By how many tokens an evaluation window moves on; 0: the context");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, *run);
    const auto result = train_language_model(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(out, result, fmt::format("attune generate {} --prompt \"...\"", out));
  });
}

}  // namespace attune::command
