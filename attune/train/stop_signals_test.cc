#include "attune/train/stop_signals.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace attune::train {
namespace {

TEST(StopSignalsTest, NotesTheFirstSignal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const StopSignals signals;
    EXPECT_EQ(signals.received(), 0);
    ::raise(signal);
    EXPECT_EQ(signals.received(), signal);
  }
}

#ifdef __x86_64__
// As oneDNN's products do: the stack pointer is somewhere in the heap when the signal comes.
TEST(StopSignalsTest, LeavesTheHeapAloneWhereverTheStackPointerIs) {
  const StopSignals signals;
  constexpr std::uint64_t buffer_word = 0x5a5a5a5a5a5a5a5a;
  std::vector<std::uint64_t> buffer(1 << 16, buffer_word);
  std::uint64_t* inside = buffer.data() + buffer.size() / 2;
  long result = SYS_tgkill;
  asm volatile(
      "movq %%rsp, %%r12\n\t"
      "movq %[inside], %%rsp\n\t"
      "syscall\n\t"
      "movq %%r12, %%rsp\n\t"
      : "+a"(result)
      : "D"(static_cast<long>(::getpid())), "S"(::syscall(SYS_gettid)),
        "d"(static_cast<long>(SIGINT)), [inside] "r"(inside)
      : "rcx", "r11", "r12", "cc", "memory");
  EXPECT_EQ(result, 0);
  EXPECT_EQ(signals.received(), SIGINT);
  EXPECT_TRUE(
      std::all_of(buffer.begin(), buffer.end(), [](std::uint64_t word) { return word == buffer_word; }));
}
#endif

}  // namespace
}  // namespace attune::train
