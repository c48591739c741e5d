// The float32 matrices that numpy.save() wrote beside goldens.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace attune::testing {

struct NpyFile {
  std::string header;
  std::vector<float> values;
};

inline NpyFile read_npy(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto end = bytes.find('\n');
  if (!bytes.starts_with("\x93NUMPY") || end == std::string::npos) {
    ADD_FAILURE() << path << " is no .npy file";
    return {};
  }
  NpyFile file{bytes.substr(0, end + 1), std::vector<float>((bytes.size() - end - 1) / sizeof(float))};
  std::memcpy(file.values.data(), bytes.data() + end + 1, file.values.size() * sizeof(float));
  return file;
}

}  // namespace attune::testing
