#include "attune/io/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "attune/base/error.h"
#include "attune/io/temporary.h"

namespace attune::io {
namespace {

constexpr std::size_t write_buffer_bytes = 256 * 1024;

FileDescriptor open_for_reading(const std::filesystem::path& path) {
  FileDescriptor file(path, O_RDONLY);
  if (!file.is_open()) fail_system("open", path);
  return file;
}

struct stat status_of(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_system("read", path);
  check(!S_ISDIR(status.st_mode), "{} is a directory, expected a file", path.native());
  return status;
}

// Returns how many characters came; none at the end.
std::size_t read_some(const FileDescriptor& file, std::span<char> into, const std::filesystem::path& path) {
  while (true) {
    const ssize_t count = ::read(file.get(), into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) fail_system("read", path);
  }
}

// A device, a pipe, or a link to what this process has open (/dev/stdout): a file renamed over it would take
// its place.
bool is_stream(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (!fs::exists(status) || fs::is_directory(status)) return false;
  if (!fs::is_regular_file(status)) return true;
  const auto in_proc = [](const fs::path& place) { return place.native().starts_with("/proc/"); };
  return fs::is_symlink(fs::symlink_status(path, ignored)) &&
         (in_proc(path) || in_proc(fs::read_symlink(path, ignored)));
}

}  // namespace

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  const FileDescriptor file = open_for_reading(path_);
  const struct stat status = status_of(file, path_);
  check(S_ISREG(status.st_mode), "{} is not a regular file and cannot be mapped", path_.native());
  check(status.st_size > 0, "{} is empty", path_.native());
  size_ = static_cast<std::size_t>(status.st_size);
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) fail_system("map", path_);
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::populate(std::span<const std::byte> part) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t begin = address / page * page;
  constexpr int populate_read = 22;  // MADV_POPULATE_READ, Linux 5.14; older kernels refuse, which is as well
  ::madvise(reinterpret_cast<void*>(begin), part.size() + (address - begin), populate_read);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
  if (is_stream(target_)) {
    file_ = FileDescriptor(target_, O_WRONLY | O_TRUNC);
    if (!file_.is_open()) fail_system("write", target_);
    return;
  }
  remove_abandoned(target_);
  Temporary temporary = make_temporary_file(target_);
  temporary_ = std::move(temporary.path);
  file_ = std::move(temporary.lock);
  buffer_.reserve(write_buffer_bytes);
}

AtomicFile::~AtomicFile() {
  if (!committed_ && !temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (buffer_.size() + bytes.size() > write_buffer_bytes) flush();
  if (bytes.size() >= write_buffer_bytes) {
    file_.write(bytes, target_);
  } else {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }
}

void AtomicFile::flush() {
  file_.write(buffer_, target_);
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (temporary_.empty()) return;
  file_.sync(target_);
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail_system("write", target_);
  committed_ = true;
  sync_directory(parent_of(target_));
}

AppendFile::AppendFile(std::filesystem::path path)
    : path_(std::move(path)), file_(path_, O_WRONLY | O_CREAT | O_APPEND) {
  if (!file_.is_open()) fail_system("write", path_);
}

std::string read_text(const std::filesystem::path& path, std::size_t max_bytes) {
  const FileDescriptor file = open_for_reading(path);
  const struct stat status = status_of(file, path);
  std::string text;
  // One byte more than expected, so that the end is seen without growing; a pipe tells no size.
  std::size_t room = std::min(static_cast<std::size_t>(status.st_size), max_bytes) + 1;
  while (true) {
    const std::size_t begin = text.size();
    text.resize(begin + room);
    const std::size_t count = read_some(file, {text.data() + begin, room}, path);
    text.resize(begin + count);
    check(text.size() <= max_bytes, "{} is larger than {} bytes, the most that is read", path.native(),
          max_bytes);
    if (count == 0) return text;
    room = std::max<std::size_t>(64 * 1024, text.size() / 2);
    if (text.size() == static_cast<std::size_t>(status.st_size)) room = 1;
  }
}

void write_text_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace attune::io
