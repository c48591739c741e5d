// attune demo series
#pragma once

#include "apps/attune/command.h"

namespace attune::command {

void add_series_demo(CLI::App& demo, Program& program);

}  // namespace attune::command
