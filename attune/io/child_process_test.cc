#include "attune/io/child_process.h"

#include <gtest/gtest.h>

namespace attune::io {
namespace {

TEST(ChildProcess, PassesInputAndArgumentsAsTheyAre) {
  const std::string input("a\0b\n$HOME `x`", 13);
  const auto echoed = run_child({"cat"}, input);
  ASSERT_TRUE(echoed.has_value());
  EXPECT_EQ(echoed->exit_code, 0);
  EXPECT_EQ(echoed->output, input);
  const std::string odd = "'; exit 7 \"\\ $(x)\n";
  EXPECT_EQ(run_child({"printf", "%s", odd}, "")->output, odd);
}

TEST(ChildProcess, MoreThanAPipeHoldsGoesThroughBothWays) {
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(run_child({"cat"}, text)->output, text);
}

TEST(ChildProcess, SaysHowTheProgramEnded) {
  const auto failed = run_child({"sh", "-c", "echo why >&2; exit 3"}, "");
  EXPECT_EQ(failed->exit_code, 3);
  EXPECT_EQ(failed->errors, "why\n");
  EXPECT_EQ(run_child({"sh", "-c", "kill -9 $$"}, "")->exit_code, 128 + 9);
}

TEST(ChildProcess, AProgramThatIsNotThereIsNoError) {
  EXPECT_FALSE(run_child({"attune-no-such-program"}, "").has_value());
}

}  // namespace
}  // namespace attune::io
