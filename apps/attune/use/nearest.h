// Names that the user nearly typed.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace attune::command {

// The arguments with "_" in the names of options replaced by "-".
std::vector<std::string> normalised_arguments(int argc, char** argv);

// The option or verb of `verb` closest to `word` by edit distance; empty when none is close.
std::string nearest_name(std::string_view word, const CLI::App& verb);

// "attune train lm"
std::string path_of(const CLI::App& verb);

}  // namespace attune::command
