// Where a verb's answers go.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "attune/io/file.h"

namespace attune::command {

// A file, which appears when all answers are there, or standard output, which gets them as they come.
class Answers {
 public:
  // Empty: standard output.
  explicit Answers(const std::string& path);

  // Throws Error when they cannot be written.
  void write(std::string_view text);
  // Call once, last.
  void finish();

 private:
  std::optional<io::AtomicFile> file_;
};

}  // namespace attune::command
