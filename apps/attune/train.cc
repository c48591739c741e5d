// attune train TASK: trains a model on the user's data.
#include "apps/attune/command.h"

namespace attune::command {

void add_train(Program& program) {
  CLI::App& train = *program.app.add_subcommand("train", "Train a model");
  train.require_subcommand(1);
  add_train_language_model(program, train);
  add_train_translation(program, train);
}

}  // namespace attune::command
