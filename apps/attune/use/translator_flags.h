// The flags of verbs that translate.
#pragma once

#include <CLI/CLI.hpp>

#include "apps/attune/use/translator.h"

namespace attune::command {

// --num-beams, --length-penalty
void add_beam_flags(CLI::App& verb, TranslatorOptions& options, const char* group);
// These and --max-new-tokens
void add_search_flags(CLI::App& verb, TranslatorOptions& options, const char* group);

}  // namespace attune::command
