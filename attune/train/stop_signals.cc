#include "attune/train/stop_signals.h"

namespace attune::train {
namespace {

volatile std::sig_atomic_t received_signal = 0;

constexpr std::size_t stack_size = 64 * 1024;  // the registers of AVX-512 and AMX take 11 KB of it

void note(int signal) { received_signal = signal; }

}  // namespace

StopSignals::StopSignals() : stack_(stack_size) {
  received_signal = 0;
  stack_t stack{};
  stack.ss_sp = stack_.data();
  stack.ss_size = stack_.size();
  ::sigaltstack(&stack, &stack_before_);
  struct sigaction action {};
  action.sa_handler = note;
  // The second signal meets the default: the end.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART | SA_ONSTACK;
  ::sigaction(SIGINT, &action, &before_interrupt_);
  ::sigaction(SIGTERM, &action, &before_terminate_);
}

StopSignals::~StopSignals() {
  ::sigaction(SIGINT, &before_interrupt_, nullptr);
  ::sigaction(SIGTERM, &before_terminate_, nullptr);
  ::sigaltstack(&stack_before_, nullptr);
}

int StopSignals::received() const { return received_signal; }

}  // namespace attune::train
