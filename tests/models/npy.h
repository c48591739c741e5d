// The float32 matrices that numpy.save() wrote beside goldens.
#pragma once

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "attune/base/error.h"
#include "attune/io/file.h"

namespace attune::testing {

struct NpyFile {
  std::string header;
  std::vector<float> values;
};

inline NpyFile read_npy(const std::filesystem::path& path) {
  const std::string bytes = io::read_text(path);
  const auto end = bytes.find('\n');
  check(bytes.starts_with("\x93NUMPY") && end != std::string::npos, "{} is no .npy file", path.string());
  NpyFile file{bytes.substr(0, end + 1), std::vector<float>((bytes.size() - end - 1) / sizeof(float))};
  std::memcpy(file.values.data(), bytes.data() + end + 1, file.values.size() * sizeof(float));
  return file;
}

}  // namespace attune::testing
