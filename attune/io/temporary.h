// Names for work in progress, beside what it will replace: TARGET.tmp-PROCESS-NUMBER.
#pragma once

#include <filesystem>

#include "attune/io/file_descriptor.h"

namespace attune::io {

struct Temporary {
  std::filesystem::path path;
  FileDescriptor lock;  // Held while the work goes on, so that nobody takes it for abandoned.
};

// Make a new empty file (open for writing through `lock`) or directory beside `target`. Throw Error
// "cannot write TARGET: REASON".
Temporary make_temporary_file(const std::filesystem::path& target);
Temporary make_temporary_directory(const std::filesystem::path& target);

// Removes what runs that were killed left beside `target`; never what a living one still writes.
void remove_abandoned(const std::filesystem::path& target);

// Brings a directory's entries, such as a new name, to the disk.
void sync_directory(const std::filesystem::path& directory);

// The directory that holds `path`, "." for a bare name.
std::filesystem::path parent_of(const std::filesystem::path& path);

}  // namespace attune::io
