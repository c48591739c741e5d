// Between our parameters' names and a checkpoint's.
//
// A family describes its checkpoints by a table, as data; reading and writing both come from it, strict both
// ways: what is missing, unexpected or misshapen is listed at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "attune/io/safetensors.h"
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
    // A convolution over time, which our models take as a Linear on windows (ops/circular_windows): the
    // checkpoint stores (out, in, kernel) where ours is (out, in * kernel), in the same order.
    convolution,
  } layout = Layout::same;
  bool prefixed = true;  // false: the name stands without the table's prefix
  // Split: our rows are those of several tensors, one after the other; each of these stands for "*" in the
  // checkpoint's name. {"q", "k", "v"}
  std::vector<std::string> parts = {};
  // Tied: the same tensor may also, or only, stand under these names ("{}" as above), as the output layer
  // does or what was renamed since. They are read but not written.
  std::vector<std::string> ties = {};
  bool optional = false;    // true: zeros when the checkpoint has none
  std::int64_t kernel = 1;  // of a convolution
  // A count beside the tensor ("{}" as above), which other libraries keep and miss when it is not there: it
  // is written as 0. For reading, it is among the table's `ignored`.
  std::string count = {};
};

struct WeightTable {
  std::vector<std::string> prefixes;  // accepted before the checkpoint's names; the first is written
  std::vector<WeightRule> rules;
  // Names of tensors to pass over, with "{}" and without prefix; "cls.*" is all that begins with "cls.".
  std::vector<std::string> ignored;
};

enum class LoadedType {
  float32,   // matrices and vectors in float32
  bfloat16,  // matrices in bfloat16; vectors (biases, norms) in float32
};

// Blocks of parameters, by the beginnings of their names, that start out as their initializers say: a new
// head on a pretrained model.
struct FreshBlocks {
  std::vector<std::string> if_missing;  // those of them that the checkpoint lacks
  std::vector<std::string> always;      // whatever the checkpoint has under their names
  // Those that may have more rows than the checkpoint's, as embeddings of new tokens: these are drawn.
  std::vector<std::string> grown = {};
  Generator* generator = nullptr;  // draws the values; required when there are blocks
};

struct LoadOptions {
  LoadedType type = LoadedType::float32;
  FreshBlocks fresh = {};
};

// The type in which a checkpoint stored each parameter, by our names.
using StoredTypes = std::map<std::string, io::StoredType, std::less<>>;

struct LoadReport {
  StoredTypes stored;
  // Parameters that did not come from the checkpoint, or of which some rows did not, by our names.
  std::vector<std::string> fresh;
};

// Binds every parameter to its tensor of the checkpoint (a file or a directory, sharded or not). Tensors that
// are stored in the wanted type are used where they lie in the mapped file, without being read; others are
// converted, and those that are split are copied together. Throws Error with the whole list when the
// checkpoint and the parameters do not match.
LoadReport load_weights(const nn::Parameters& parameters, const WeightTable& table,
                        const std::filesystem::path& checkpoint, const LoadOptions& options = {});

// Throws as load_weights() does when the checkpoint and the parameters do not match, without reading weights.
void check_weights(const nn::Parameters& parameters, const WeightTable& table,
                   const std::filesystem::path& checkpoint);

// The names, prefix included, under which a parameter is written: one, or those of its parts.
std::vector<std::string> checkpoint_names(const WeightTable& table, const std::string& ours);

// Whether the checkpoint has this parameter of ours, under any of its names.
bool has_parameter(const io::Safetensors& checkpoint, const WeightTable& table, const std::string& ours);

// Writes model.safetensors into `directory`, under the checkpoint's names. A parameter of `stored` keeps its
// type where that loses nothing, so that one which was not trained comes back bit for bit; all others have
// the type that they have in memory. Returns the widest type written.
io::StoredType save_weights(const nn::Parameters& parameters, const WeightTable& table,
                            const std::filesystem::path& directory, const StoredTypes& stored = {});

}  // namespace attune::models
