// Whole directories: locked against a second run, published in one step.
#pragma once

#include <filesystem>

#include "attune/io/file_descriptor.h"

namespace attune::io {

// Keeps a directory for one run at a time, through a lock on its file .lock, which ends with the process,
// kill -9 included.
class DirectoryLock {
 public:
  // Creates the directory if it is missing. Throws Error when another run holds it.
  explicit DirectoryLock(const std::filesystem::path& directory);

 private:
  FileDescriptor file_;
};

// A directory, as of a checkpoint, filled beside its target and renamed in commit(): it appears as a whole or
// not at all. Without commit() it is removed, and so is what killed runs left beside the same target.
class AtomicDirectory {
 public:
  explicit AtomicDirectory(const std::filesystem::path& target);
  ~AtomicDirectory();
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  // Where to write the files meanwhile.
  const std::filesystem::path& path() const { return temporary_; }
  // Brings all files to the disk and gives the directory its name, in place of an older one; call once, last.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  FileDescriptor lock_;
};

}  // namespace attune::io
