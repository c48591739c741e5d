// attune demo text
#pragma once

#include "apps/attune/command.h"

namespace attune::command {

void add_tales_demo(CLI::App& demo, Program& program);

}  // namespace attune::command
