#include "apps/attune/use/answers.h"

#include <cstdio>

#include "attune/base/error.h"

namespace attune::command {

Answers::Answers(const std::string& path) {
  if (!path.empty()) file_.emplace(path);
}

void Answers::write(std::string_view text) {
  if (file_) return file_->write(text);
  const std::size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
  check(written == text.size() && std::fflush(stdout) == 0, "standard output cannot be written");
}

void Answers::finish() {
  if (file_) file_->commit();
}

}  // namespace attune::command
