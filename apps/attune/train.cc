// attune train TASK: trains a model on the user's data.
#include <CLI/CLI.hpp>

#include "apps/attune/command.h"

namespace attune::command {

void add_train(Program& program) {
  CLI::App& train = *program.app.add_subcommand("train", "Train a model");
  train.require_subcommand(0, 1);
  train.callback([&train] {
    if (train.get_subcommands().empty())
      throw CLI::RequiredError("a task after train: lm, translation, classification, regression or multiple-choice,");
  });
  add_train_language_model(program, train);
  add_train_translation(program, train);
  add_train_classification(program, train);
  add_train_multiple_choice(program, train);
}

}  // namespace attune::command
