#include "attune/models/own_output.h"

#include <algorithm>

#include "attune/io/safetensors.h"

namespace attune::models {

bool has_own_output(const std::filesystem::path& directory, const std::string& output,
                    const std::vector<std::string>& embeddings) {
  const io::Safetensors file(directory);
  const io::TensorView* const layer = file.find(output);
  if (layer == nullptr) return false;
  for (const std::string& name : embeddings) {
    const io::TensorView* const embedding = file.find(name);
    if (embedding == nullptr) continue;
    return layer->type != embedding->type || !std::ranges::equal(layer->bytes, embedding->bytes);
  }
  return false;
}

}  // namespace attune::models
