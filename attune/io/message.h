// Messages for a person, beside the result: progress, warnings, errors.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace attune::io {

// What cannot be written, on a full disk or when the reader has gone, is dropped: it must not end a run, nor
// the report of another error.
template <typename... Args>
void print_message(std::FILE* to, fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), to);
}

}  // namespace attune::io
