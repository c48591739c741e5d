// Lines of a file, a pipe or a terminal, as they arrive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attune::command {

class ArrivingLines {
 public:
  // `descriptor` stays the caller's; `name` is for messages.
  ArrivingLines(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

  // Waits for a line and takes those that have arrived with it, at most `most`, without their ends ("\n" or
  // "\r\n"). A byte order mark at the beginning is no text. None at the end of the input. Who types a line
  // gets it back at once; a file comes in large pieces.
  std::vector<std::string> next(std::size_t most);

 private:
  bool take(std::string& line);
  bool has_arrived() const;
  void read_more();

  int descriptor_;
  std::string name_, buffer_;
  std::size_t begin_ = 0;     // of what is in the buffer and not taken
  std::size_t searched_ = 0;  // no end of a line before
  bool at_beginning_ = true, at_end_ = false;
};

}  // namespace attune::command
