#include "attune/io/child_process.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "attune/base/error.h"

extern char** environ;

namespace attune::io {
namespace {

// A nameless file stands for each stream, so that neither side ever waits for the other.
class Stream {
 public:
  Stream() : file_(std::tmpfile()) {
    check(file_ != nullptr, "cannot make a temporary file: {}", std::strerror(errno));
  }

  int descriptor() const { return ::fileno(file_.get()); }

  void write(std::string_view text) {
    const bool written =
        std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() && std::fflush(file_.get()) == 0;
    check(written, "cannot write a temporary file: {}", std::strerror(errno));
    ::lseek(descriptor(), 0, SEEK_SET);
  }

  std::string read() {
    std::rewind(file_.get());
    std::string text;
    char block[1 << 14];
    while (const std::size_t n = std::fread(block, 1, sizeof block, file_.get())) text.append(block, n);
    check(std::ferror(file_.get()) == 0, "cannot read a temporary file: {}", std::strerror(errno));
    return text;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

// The streams as the child's file descriptors 0, 1 and 2.
class Redirections {
 public:
  Redirections(const Stream& input, const Stream& output, const Stream& errors) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, input.descriptor(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output.descriptor(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, errors.descriptor(), STDERR_FILENO);
  }
  ~Redirections() { ::posix_spawn_file_actions_destroy(&actions_); }
  Redirections(const Redirections&) = delete;
  Redirections& operator=(const Redirections&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

int wait_for(pid_t child, const std::string& program) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    check(errno == EINTR, "cannot wait for {}: {}", program, std::strerror(errno));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::optional<ChildResult> run_child(const std::vector<std::string>& arguments, std::string_view input) {
  check(!arguments.empty(), "run_child: there is no program to run");
  Stream in, out, err;
  in.write(input);
  const Redirections redirections(in, out, err);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  pid_t child = 0;
  const int error = ::posix_spawnp(&child, argv[0], redirections.get(), nullptr, argv.data(), environ);
  if (error == ENOENT) return std::nullopt;
  check(error == 0, "cannot run {}: {}", arguments[0], std::strerror(error));
  const int exit_code = wait_for(child, arguments[0]);
  return ChildResult{exit_code, out.read(), err.read()};
}

}  // namespace attune::io
