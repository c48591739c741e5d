// A directory that goes when its owner does.
#pragma once

#include <filesystem>

namespace attune::io {

class TemporaryDirectory {
 public:
  // Under the system's directory for temporary files. Throws Error when there can be none.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace attune::io
