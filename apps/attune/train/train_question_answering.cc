// attune train question-answering: fine-tune an encoder to find the answer to a question in a text.
#include <fmt/format.h>

#include "apps/attune/command.h"
#include "apps/attune/train/question_answering_run.h"
#include "apps/attune/train/train_flags.h"

namespace attune::command {

void add_train_question_answering(Program& program, CLI::App& train) {
  const char* const name = "question-answering";
  CLI::App& verb =
      *train.add_subcommand(name, "Fine-tune an encoder to find the answer to a question in a text");
  auto run = std::make_shared<QuestionAnsweringRun>();
  if (program.is_asked_for({"train", name})) apply_config(program.arguments, *run);
  verb.add_option("--train", run->train, "Questions to learn from: JSON as SQuAD's, v1.1 or v2.0")
      ->group("Data");
  verb.add_option("--valid", run->valid, "Questions to evaluate on")->group("Data");
  add_encoder_flags(verb, run->encoder);
  add_context_flag(verb, run->encoder);
  add_window_flags(verb, run->windows);
  add_answer_flags(verb, *run);
  add_optimizer_flags(verb, run->training);
  add_run_flags(verb, run->place, run->training, "Times through the questions; 0: given by --max-steps");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Windows of a micro-batch");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    refuse_sizes_of_directory(verb, run->encoder);
    const auto result = train_question_answering(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code =
        report_run(out, result, fmt::format("attune answer {} \"QUESTION\" \"CONTEXT\"", out));
  });
}

}  // namespace attune::command
