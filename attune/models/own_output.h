// Output layers that a checkpoint has beside its embedding.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attune::models {

// Whether the checkpoint has an output layer of that name which is not its embedding, whichever of its names
// that has. Such a layer is taken, as Hugging Face takes it, also where "tie_word_embeddings" says that it is
// the embedding.
bool has_own_output(const std::filesystem::path& directory, const std::string& output,
                    const std::vector<std::string>& embeddings);

}  // namespace attune::models
