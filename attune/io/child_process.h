// Another program, run to its end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::io {

struct ChildResult {
  int exit_code = 0;  // 128 + the signal when it was killed by one, as shells say it
  std::string output, errors;
};

// Runs the program `arguments`[0], looked up in PATH, with `input` as its standard input, and waits for it.
// No shell takes part, so that arguments are passed as they are. Nothing when there is no such program.
// Throws Error when it cannot be run for another reason.
std::optional<ChildResult> run_child(const std::vector<std::string>& arguments, std::string_view input);

}  // namespace attune::io
