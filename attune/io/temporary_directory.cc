#include "attune/io/temporary_directory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "attune/base/error.h"

namespace attune::io {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "attune-XXXXXX").string();
  // Not in one expression with errno, which would be read first.
  if (mkdtemp(name.data()) == nullptr)
    fail("cannot make the temporary directory {}: {}", name, std::strerror(errno));
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace attune::io
