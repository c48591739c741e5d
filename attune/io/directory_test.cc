#include "attune/io/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::io {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

int entries(const fs::path& directory) {
  return static_cast<int>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

// Runs `work` in a child process and kills it -9 afterwards.
template <typename Work>
void run_and_kill(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(DirectoryLock, ASecondRunIsRefusedUntilTheFirstEnds) {
  const TestDirectory root;
  const fs::path directory = root.path() / "runs" / "a";
  {
    const DirectoryLock first(directory);
    EXPECT_THAT(
        [&] { DirectoryLock second(directory); },
        ThrowsMessage<Error>(AllOf(HasSubstr(directory.native() + " is in use by another run (process " +
                                             std::to_string(::getpid()) + ")"))));
  }
  EXPECT_NO_THROW(DirectoryLock{directory});
}

TEST(DirectoryLock, AKilledRunHoldsNothing) {
  const TestDirectory root;
  run_and_kill([&] { new DirectoryLock(root.path()); });
  EXPECT_NO_THROW(DirectoryLock{root.path()});
}

TEST(DirectoryLock, ADirectoryThatCannotBeIsNamed) {
  const TestDirectory root;
  write_text_atomically(root.path() / "file", "x");
  EXPECT_THAT([&] { DirectoryLock(root.path() / "file" / "a"); },
              ThrowsMessage<Error>(HasSubstr("cannot create the directory")));
}

TEST(AtomicDirectory, AppearsAsAWhole) {
  const TestDirectory root;
  const fs::path target = root.path() / "checkpoint-10/";
  {
    AtomicDirectory abandoned(target);
    write_text_atomically(abandoned.path() / "model", "x");
  }
  EXPECT_EQ(entries(root.path()), 0);
  AtomicDirectory directory(target);
  write_text_atomically(directory.path() / "model", "x");
  fs::create_directory(directory.path() / "inner");
  write_text_atomically(directory.path() / "inner" / "state", "y");
  EXPECT_FALSE(fs::exists(target));
  directory.commit();
  EXPECT_EQ(read_text(target / "model"), "x");
  EXPECT_EQ(read_text(target / "inner" / "state"), "y");
  EXPECT_EQ(entries(root.path()), 1);
}

TEST(AtomicDirectory, ReplacesAnOlderOne) {
  const TestDirectory root;
  const fs::path target = root.path() / "best";
  for (const char* content : {"old", "new"}) {
    AtomicDirectory directory(target);
    write_text_atomically(directory.path() / content, content);
    directory.commit();
  }
  EXPECT_EQ(read_text(target / "new"), "new");
  EXPECT_EQ(entries(target), 1);
  EXPECT_EQ(entries(root.path()), 1);
}

TEST(AtomicDirectory, LeftoversOfAKilledRunAreRemoved) {
  const TestDirectory root;
  const fs::path target = root.path() / "checkpoint-10";
  run_and_kill([&] {
    auto* directory = new AtomicDirectory(target);
    write_text_atomically(directory->path() / "model", "half");
  });
  EXPECT_EQ(entries(root.path()), 1);
  EXPECT_FALSE(fs::exists(target));
  AtomicDirectory directory(target);
  directory.commit();
  EXPECT_EQ(entries(root.path()), 1);
  EXPECT_EQ(entries(target), 0);
}

}  // namespace
}  // namespace attune::io
