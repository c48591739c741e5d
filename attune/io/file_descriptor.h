// An open file or directory of the operating system, closed when its owner goes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace attune::io {

// Throws Error "cannot ACTION PATH: REASON", the reason from errno. (Not through check(): a call among its
// arguments may come after errno was read.)
[[noreturn]] void fail_system(std::string_view action, const std::filesystem::path& path);

class FileDescriptor {
 public:
  FileDescriptor() = default;
  // Opens `path` with open(2)'s `flags` (close-on-exec is added; a new file gets mode 0666 less the umask).
  // Check is_open(); errno says why it is not.
  FileDescriptor(const std::filesystem::path& path, int flags);
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  // Writes all bytes. Throws Error "cannot write PATH: REASON", as when the disk is full.
  void write(std::span<const std::byte> bytes, const std::filesystem::path& path) const;
  // Takes the lock of flock(2) for this process, which ends with it, kill -9 included. False when another
  // holds it. Throws Error when the file system has no locks.
  bool try_lock(const std::filesystem::path& path) const;
  // Waits until everything written is on the disk. Throws Error "cannot write PATH: REASON".
  void sync(const std::filesystem::path& path) const;

 private:
  int descriptor_ = -1;
};

}  // namespace attune::io
