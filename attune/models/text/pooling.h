// One vector a text from the hidden states of its tokens (Reimers and Gurevych, 1908.10084, section 3), as
// sentence-transformers' Pooling does it.
//
// Shapes: B texts, T tokens, D width, M modes.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/models/text/pooling_mode.h"
#include "attune/tensor/tensor.h"

namespace attune::models {

struct Pooling {
  std::vector<PoolingMode> modes = {PoolingMode::mean};  // their vectors side by side
  bool include_prompt = true;                            // whether tokens of the prompt count
};

// hidden (B, T, D), mask (B, T) bool, undefined when every token is one of a text -> (B, M D) float32. Texts
// stand at the left of their rows. The first `prompt_tokens` of each are of a prompt. A text of which no
// token counts gives zeros.
Tensor pool(const Tensor& hidden, const Tensor& mask, const Pooling& pooling, std::int64_t prompt_tokens);

}  // namespace attune::models
