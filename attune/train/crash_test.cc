// Runs that are killed, or find the disk full, between any two of their file operations, and are resumed.
//
// The functions of the C library that change files are replaced by ones that count the calls and, at a chosen
// one, kill the process or fail; then they call the library's own.

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "attune/backend/cpu/threads.h"
#include "attune/io/test_directory.h"
#include "attune/train/test_run.h"

namespace {

struct Sabotage {
  bool counting = false;
  int calls = 0;
  int kill_at = -1;
  int full_from = -1;  // the disk is full from this call on
};
Sabotage sabotage;

// Whether the call is to fail for lack of space.
bool meet(bool needs_space) {
  if (!sabotage.counting) return false;
  const int call = sabotage.calls++;
  if (call == sabotage.kill_at) ::raise(SIGKILL);
  return needs_space && sabotage.full_from >= 0 && call >= sabotage.full_from;
}

// The C library's own function of that name.
template <typename Function>
Function* library(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int out_of_space() {
  errno = ENOSPC;
  return -1;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* data, size_t size) {
  static auto* const own = library<ssize_t(int, const void*, size_t)>("write");
  return meet(true) ? out_of_space() : own(file, data, size);
}

// A test outlives no power cut: what a killed process wrote is not lost with it, so nothing has to reach the
// disk.
int fsync(int) { return meet(true) ? out_of_space() : 0; }

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const own = library<int(const char*, mode_t)>("mkdir");
  return meet(true) ? out_of_space() : own(path, mode);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const own = library<int(const char*, const char*)>("rename");
  meet(false);
  return own(from, to);
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags) noexcept {
  static auto* const own = library<int(int, const char*, int, const char*, unsigned)>("renameat2");
  meet(false);
  return own(from_directory, from, to_directory, to, flags);
}

int remove(const char* path) noexcept {
  static auto* const own = library<int(const char*)>("remove");
  meet(false);
  return own(path);
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  static auto* const own = library<int(int, const char*, int)>("unlinkat");
  meet(false);
  return own(directory, path, flags);
}

}  // extern "C"

namespace attune::train {
namespace {

namespace fs = std::filesystem;

class CrashTest : public testing::Test {
 protected:
  CrashTest() { cpu::set_num_threads(1); }  // a child of fork() has no other threads to share work with
  ~CrashTest() override {
    sabotage = {};
    cpu::set_num_threads(threads_);
  }

  static TrainingOptions options() {
    TrainingOptions options = test_options();
    options.max_steps = 4;
    options.save_steps = 2;
    options.save_total_limit = 1;
    options.eval_steps = 2;
    return options;
  }

  static void run(const fs::path& directory, RunMode mode) { TestRun(directory, mode, options()).train(); }

  // As a user does: --resume when there is something to resume.
  static void go_on(const fs::path& directory) {
    run(directory, fs::exists(directory / "training_config.json") ? RunMode::resume : RunMode::fresh);
  }

  static std::vector<float> model_in(const fs::path& directory) {
    const RegressionModel model;
    model.load(directory);
    return model.values();
  }

  // The run ended as if nothing had ever happened to it.
  void expect_whole(const fs::path& directory, const std::string& what) const {
    const fs::path whole = root_.path() / "whole";
    EXPECT_EQ(model_in(directory), model_in(whole)) << what;
    EXPECT_EQ(model_in(directory / "checkpoint-4"), model_in(whole / "checkpoint-4")) << what;
    EXPECT_EQ(list_checkpoints(directory).size(), 1u) << what;
    EXPECT_EQ(entries(directory / "checkpoint-4"), entries(whole / "checkpoint-4")) << what;
    EXPECT_FALSE(fs::exists(directory / "checkpoint-2")) << what;
    const std::string log = io::read_text(directory / "log.jsonl");
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 6) << what << ": four steps, two evaluations\n"
                                                           << log;
  }

  static std::ptrdiff_t entries(const fs::path& directory) {
    return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
  }

  // How many file operations an undisturbed run takes.
  int count_calls() const {
    sabotage = {.counting = true};
    run(root_.path() / "whole", RunMode::fresh);
    sabotage.counting = false;
    return sabotage.calls;
  }

  int threads_ = cpu::num_threads();
  io::TestDirectory root_;
};

TEST_F(CrashTest, AKilledRunGoesOnExactly) {
  const int calls = count_calls();
  ASSERT_GT(calls, 40);
  for (int call = 0; call < calls; ++call) {
    const fs::path directory = root_.path() / std::to_string(call);
    const pid_t child = ::fork();
    if (child == 0) {
      sabotage = {.counting = true, .kill_at = call};
      run(directory, RunMode::fresh);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << call;
    sabotage = {.counting = true};
    go_on(directory);
    sabotage.counting = false;
    expect_whole(directory, fmt::format("killed before file operation {}", call));
    fs::remove_all(directory);
  }
}

TEST_F(CrashTest, AFullDiskLosesNothing) {
  const int calls = count_calls();
  for (int call = 0; call < calls; ++call) {
    const fs::path directory = root_.path() / std::to_string(call);
    sabotage = {.counting = true, .full_from = call};
    try {
      run(directory, RunMode::fresh);
    } catch (const std::exception& error) {
      sabotage = {};
      EXPECT_THAT(error.what(), testing::HasSubstr("No space left on device")) << call;
    }
    sabotage = {.counting = true};
    go_on(directory);
    sabotage.counting = false;
    expect_whole(directory, fmt::format("disk full from file operation {}", call));
    fs::remove_all(directory);
  }
}

}  // namespace
}  // namespace attune::train
