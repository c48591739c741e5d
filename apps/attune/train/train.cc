// attune train TASK: trains a model on the user's data.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "apps/attune/command.h"

namespace attune::command {

void add_train(Program& program) {
  CLI::App& train = *program.app.add_subcommand("train", "Train a model");
  train.require_subcommand(0, 1);
  train.callback([&train] {
    if (!train.get_subcommands().empty()) return;
    std::string tasks;
    for (const CLI::App* task : train.get_subcommands([](const CLI::App*) { return true; }))
      tasks += (tasks.empty() ? "" : ", ") + task->get_name();
    throw CLI::RequiredError(fmt::format("a task after train ({})", tasks));
  });
  add_train_language_model(program, train);
  add_train_masked_language_model(program, train);
  add_train_translation(program, train);
  add_train_classification(program, train);
  add_train_token_classification(program, train);
  add_train_question_answering(program, train);
  add_train_multiple_choice(program, train);
  add_train_text_to_text(program, train);
  add_train_span(program, train);
  add_train_forecast(program, train);
}

}  // namespace attune::command
