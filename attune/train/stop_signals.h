// Ctrl-C and SIGTERM as a request to stop after saving.
#pragma once

#include <csignal>

namespace attune::train {

// While one lives, the first SIGINT or SIGTERM is noted instead of ending the process; a second one ends it
// at once. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // SIGINT, SIGTERM, or 0 when none has come. An exit status is 128 + the signal.
  int received() const;

 private:
  struct sigaction before_interrupt_ {};
  struct sigaction before_terminate_ {};
};

}  // namespace attune::train
