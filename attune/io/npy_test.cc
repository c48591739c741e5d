#include "attune/io/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::io {
namespace {

// What numpy.save() writes before the values of an array of this shape.
std::string numpy_header(const std::string& shape) {
  std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  dictionary.resize(0x75, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary + "\n";
}

TEST(NpyTest, WritesWhatNumpyWrites) {
  const TestDirectory directory;
  const auto path = directory.path() / "vectors.npy";
  const std::vector<float> values = {1, -2.5F, 0, 3, 4, 1e-30F};
  write_npy(path, values, 3, 2);
  std::string expected = numpy_header("(3, 2)");
  ASSERT_EQ(expected.size(), 128U);
  expected.append(reinterpret_cast<const char*>(values.data()), 24);
  EXPECT_EQ(read_text(path), expected);

  write_npy(path, {}, 0, 768);
  EXPECT_EQ(read_text(path), numpy_header("(0, 768)"));
}

TEST(NpyTest, WritesTheWholeFileOrNone) {
  const TestDirectory directory;
  EXPECT_THAT([&] { write_npy(directory.path() / "v.npy", std::vector<float>(5), 3, 2); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("there are 5 values, expected 3 x 2")));
  EXPECT_THAT([&] { write_npy(directory.path() / "none" / "v.npy", {}, 0, 2); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("v.npy")));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace attune::io
