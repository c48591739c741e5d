// What a model looked at, as a picture or as numbers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/attune/inspect/attention_view.h"

namespace attune::command {

struct AttentionSelection {
  std::vector<std::int64_t> layers, heads;  // from 0; several make a grid of small maps
  bool mean = false;                        // or one map, the mean of theirs

  static AttentionSelection everything(const AttentionView& view);
};

// Writes `path` by its ending: .png or .svg, a heat map with `model` in its title, or .json. Characters that
// no font here has are told on standard error.
void write_attention(const AttentionView& view, const AttentionSelection& selection, const std::string& model,
                     const std::filesystem::path& path);

}  // namespace attune::command
