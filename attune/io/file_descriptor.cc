#include "attune/io/file_descriptor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "attune/base/error.h"

namespace attune::io {

void fail_system(std::string_view action, const std::filesystem::path& path) {
  fail("cannot {} {}: {}", action, path.native(), std::strerror(errno));
}

FileDescriptor::FileDescriptor(const std::filesystem::path& path, int flags)
    : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}

FileDescriptor::~FileDescriptor() {
  if (is_open()) ::close(descriptor_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void FileDescriptor::write(std::span<const std::byte> bytes, const std::filesystem::path& path) const {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_system("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

bool FileDescriptor::try_lock(const std::filesystem::path& path) const {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK) fail_system("lock", path);
  return false;
}

void FileDescriptor::sync(const std::filesystem::path& path) const {
  if (::fsync(descriptor_) != 0) fail_system("write", path);
}

}  // namespace attune::io
