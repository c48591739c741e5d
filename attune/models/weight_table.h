// Between our parameters' names and a checkpoint's.
//
// A family describes its checkpoints by a table, as data; reading and writing both come from it, strict both
// ways: what is missing, unexpected or misshapen is listed at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "attune/nn/parameters.h"

namespace attune::models {

// One kind of parameter. "{}" in both names stands for the same layer number.
struct WeightRule {
  std::string ours;        // "layers.{}.attention.output.weight"
  std::string checkpoint;  // "h.{}.attn.c_proj.weight", without the prefix
  enum class Layout {
    same,
    transposed,  // the checkpoint stores (in, out) where a Linear has (out, in)
    row,         // the checkpoint stores (1, n) where ours is (n)
  } layout = Layout::same;
  bool prefixed = true;  // false: the name stands without the table's prefix
  // Split: our rows are those of several tensors, one after the other; each of these stands for "*" in the
  // checkpoint's name. {"q", "k", "v"}
  std::vector<std::string> parts = {};
  // Tied: the same tensor may also, or only, stand under these names. They are read but not written.
  std::vector<std::string> ties = {};
  bool optional = false;  // true: zeros when the checkpoint has none
};

struct WeightTable {
  std::vector<std::string> prefixes;  // accepted before the checkpoint's names; the first is written
  std::vector<WeightRule> rules;
  std::vector<std::string> ignored;  // names of tensors to pass over, with "{}" and without prefix
};

enum class LoadedType {
  float32,   // matrices and vectors in float32
  bfloat16,  // matrices in bfloat16; vectors (biases, norms) in float32
};

struct LoadOptions {
  LoadedType type = LoadedType::float32;
};

// Binds every parameter to its tensor of the checkpoint (a file or a directory, sharded or not). Tensors that
// are stored in the wanted type are used where they lie in the mapped file, without being read; others are
// converted, and those that are split are copied together. Throws Error with the whole list when the
// checkpoint and the parameters do not match.
void load_weights(const nn::Parameters& parameters, const WeightTable& table,
                  const std::filesystem::path& checkpoint, const LoadOptions& options = {});

// Throws as load_weights() does when the checkpoint and the parameters do not match, without reading weights.
void check_weights(const nn::Parameters& parameters, const WeightTable& table,
                   const std::filesystem::path& checkpoint);

// The names, prefix included, under which a parameter is written: one, or those of its parts.
std::vector<std::string> checkpoint_names(const WeightTable& table, const std::string& ours);

// Writes model.safetensors into `directory` in float32, under the checkpoint's names.
void save_weights(const nn::Parameters& parameters, const WeightTable& table,
                  const std::filesystem::path& directory);

}  // namespace attune::models
