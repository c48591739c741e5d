#include "attune/train/stop_signals.h"

namespace attune::train {
namespace {

volatile std::sig_atomic_t received_signal = 0;

void note(int signal) { received_signal = signal; }

}  // namespace

StopSignals::StopSignals() {
  received_signal = 0;
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags =
      static_cast<int>(SA_RESETHAND) | SA_RESTART;  // the second signal meets the default: the end
  ::sigaction(SIGINT, &action, &before_interrupt_);
  ::sigaction(SIGTERM, &action, &before_terminate_);
}

StopSignals::~StopSignals() {
  ::sigaction(SIGINT, &before_interrupt_, nullptr);
  ::sigaction(SIGTERM, &before_terminate_, nullptr);
}

int StopSignals::received() const { return received_signal; }

}  // namespace attune::train
