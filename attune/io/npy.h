// NumPy's file format for one array (https://numpy.org/neps/nep-0001-npy-format.html), version 1.0.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace attune::io {

// Writes a matrix of float32, row by row: numpy.load() gives an array of shape (rows, columns). The file
// appears as a whole or not at all. Throws Error when it cannot be written, or when there are not
// rows x columns values.
void write_npy(const std::filesystem::path& path, std::span<const float> values, std::size_t rows,
               std::size_t columns);

}  // namespace attune::io
