// Ctrl-C and SIGTERM as a request to stop after saving.
#pragma once

#include <csignal>
#include <vector>

namespace attune::train {

// While one lives, the first SIGINT or SIGTERM is noted instead of ending the process; a second one ends it
// at once. One at a time, made by the process's first thread, which is the one that the kernel interrupts.
//
// It is noted on a stack of its own: oneDNN's generated products use the stack pointer as one more register
// into their buffers, and what the kernel pushed there would overwrite the heap.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // SIGINT, SIGTERM, or 0 when none has come. An exit status is 128 + the signal.
  int received() const;

 private:
  std::vector<char> stack_;
  stack_t stack_before_{};
  struct sigaction before_interrupt_ {};
  struct sigaction before_terminate_ {};
};

}  // namespace attune::train
