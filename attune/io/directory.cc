#include "attune/io/directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/temporary.h"

namespace attune::io {
namespace {

namespace fs = std::filesystem;

// "runs/demo/" and "runs/demo" are the same directory; only the second has a name to build others from.
fs::path without_trailing_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

void sync_tree(const fs::path& directory) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_directory()) {
      sync_directory(entry.path());
    } else if (entry.is_regular_file()) {
      const FileDescriptor file(entry.path(), O_RDONLY);
      if (!file.is_open()) fail_system("open", entry.path());
      file.sync(entry.path());
    }
  }
  sync_directory(directory);
}

}  // namespace

DirectoryLock::DirectoryLock(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  check(!error, "cannot create the directory {}: {}", directory.native(), error.message());
  const fs::path path = directory / ".lock";
  file_ = FileDescriptor(path, O_RDWR | O_CREAT);
  if (!file_.is_open()) fail_system("write", path);
  if (!file_.try_lock(path)) {
    fail("{} is in use by another run (process {}): wait for its end or choose another directory",
         directory.native(), read_text(path, 64));
  }
  if (::ftruncate(file_.get(), 0) != 0) fail_system("write", path);
  const std::string process = std::to_string(::getpid());
  file_.write(std::as_bytes(std::span(process)), path);
}

AtomicDirectory::AtomicDirectory(const fs::path& target) : target_(without_trailing_slash(target)) {
  remove_abandoned(target_);
  Temporary temporary = make_temporary_directory(target_);
  temporary_ = std::move(temporary.path);
  lock_ = std::move(temporary.lock);
}

AtomicDirectory::~AtomicDirectory() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);  // Unfinished work, or what commit() took out of the way, or nothing.
}

void AtomicDirectory::commit() {
  sync_tree(temporary_);
  // An older directory is exchanged, not removed first: at no moment is there none.
  const unsigned flags = fs::exists(target_) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), flags) != 0)
    fail_system("write", target_);
  sync_directory(parent_of(target_));
}

}  // namespace attune::io
