#include "attune/io/npy.h"

#include <fmt/format.h>

#include <bit>
#include <string>

#include "attune/base/error.h"
#include "attune/io/file.h"

namespace attune::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the header says that numbers are little-endian");

// The magic string, the version, the length of what follows, and a Python dictionary, padded so that the
// values begin at a multiple of 64 bytes.
std::string header(std::size_t rows, std::size_t columns) {
  std::string dictionary =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  constexpr std::size_t before = 10, alignment = 64;
  const std::size_t used = before + dictionary.size() + 1;
  dictionary.append((alignment - used % alignment) % alignment, ' ').push_back('\n');
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xff); };
  const std::string length{byte(dictionary.size()), byte(dictionary.size() >> 8)};
  return std::string("\x93NUMPY\x01\x00", 8) + length + dictionary;
}

}  // namespace

void write_npy(const std::filesystem::path& path, std::span<const float> values, std::size_t rows,
               std::size_t columns) {
  check(values.size() == rows * columns, "{}: there are {} values, expected {} x {}", path.string(),
        values.size(), rows, columns);
  AtomicFile file(path);
  file.write(header(rows, columns));
  file.write(std::as_bytes(values));
  file.commit();
}

}  // namespace attune::io
