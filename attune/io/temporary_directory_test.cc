#include "attune/io/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "attune/base/error.h"

namespace attune::io {
namespace {

TEST(TemporaryDirectory, IsThereUntilItsOwnerGoes) {
  std::filesystem::path path;
  {
    const TemporaryDirectory directory;
    path = directory.path();
    EXPECT_TRUE(std::filesystem::is_directory(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryDirectory, SaysWhyThereCanBeNone) {
  const char* const set = std::getenv("TMPDIR");
  const std::string before = set == nullptr ? "" : set;
  ::setenv("TMPDIR", "/proc", /*overwrite=*/1);  // where nobody can make a directory
  EXPECT_THAT([] { const TemporaryDirectory directory; },
              testing::ThrowsMessage<Error>(testing::HasSubstr("No such file or directory")));
  set == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before.c_str(), 1);
}

}  // namespace
}  // namespace attune::io
