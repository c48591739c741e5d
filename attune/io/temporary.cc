#include "attune/io/temporary.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include "attune/base/error.h"

namespace attune::io {
namespace {

namespace fs = std::filesystem;

bool still_named(const FileDescriptor& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 && status.st_nlink > 0;
}

// Tries names until `create` makes a new one and its lock is ours.
Temporary make_temporary(const fs::path& target,
                         const std::function<FileDescriptor(const fs::path&)>& create) {
  for (int number = 0;; ++number) {
    fs::path path = target;
    path += fmt::format(".tmp-{}-{}", ::getpid(), number);
    FileDescriptor file = create(path);
    if (!file.is_open() && errno != EEXIST) fail_system("write", target);
    // Between creation and lock another run may have taken it for abandoned: then use the next name.
    if (file.is_open() && file.try_lock(path) && still_named(file)) return {std::move(path), std::move(file)};
  }
}

}  // namespace

Temporary make_temporary_file(const fs::path& target) {
  return make_temporary(
      target, [](const fs::path& path) { return FileDescriptor(path, O_WRONLY | O_CREAT | O_EXCL); });
}

Temporary make_temporary_directory(const fs::path& target) {
  return make_temporary(target, [](const fs::path& path) {
    if (::mkdir(path.c_str(), 0777) != 0) return FileDescriptor();
    return FileDescriptor(path, O_RDONLY | O_DIRECTORY);
  });
}

void remove_abandoned(const fs::path& target) {
  const std::string prefix = target.filename().native() + ".tmp-";
  std::vector<fs::path> abandoned;
  std::error_code ignored;  // Cleaning is a courtesy: what cannot be removed may stay.
  for (const fs::directory_entry& entry : fs::directory_iterator(parent_of(target), ignored)) {
    if (entry.path().filename().native().starts_with(prefix)) abandoned.push_back(entry.path());
  }
  for (const fs::path& path : abandoned) {
    const FileDescriptor file(path, O_RDONLY | O_NOFOLLOW);
    if (file.is_open() && file.try_lock(path)) fs::remove_all(path, ignored);
  }
}

void sync_directory(const fs::path& directory) {
  const FileDescriptor file(directory, O_RDONLY | O_DIRECTORY);
  if (!file.is_open()) fail_system("open", directory);
  file.sync(directory);
}

fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

}  // namespace attune::io
