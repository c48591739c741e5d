// Reads and checks the header of one safetensors file.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "attune/io/safetensors.h"

namespace attune::io {

struct SafetensorsHeader {
  std::vector<TensorView> tensors;  // in the order of their data
  std::map<std::string, std::string> metadata;
};

// Throws Error for anything unsound: lengths beyond the file, overlaps, gaps, sizes that overflow.
SafetensorsHeader read_safetensors_header(const std::shared_ptr<const MappedFile>& file);

// A name from a file, fit for a message: quoted, cut to a sane length, control characters replaced.
std::string quote(std::string_view name);

}  // namespace attune::io
