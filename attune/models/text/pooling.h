// One vector a text from the hidden states of its tokens (Reimers and Gurevych, 1908.10084, section 3), as
// sentence-transformers' Pooling does it.
//
// Shapes: B texts, T tokens, D width, M modes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "attune/tensor/tensor.h"

namespace attune::models {

enum class PoolingMode : std::uint8_t {
  cls,                   // the first token
  max,                   // the largest value in each dimension
  mean,                  // the sum over the tokens, divided by their number
  mean_sqrt_len_tokens,  // the same, divided by the square root of their number
  weighted_mean,         // token i, from 1, has weight i (Muennighoff, 2202.08904)
  last_token,
};

// The names in 1_Pooling/config.json: "cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean",
// "lasttoken". Throws Error for another name, with these.
PoolingMode pooling_mode_from_name(std::string_view name);
std::string_view name_of(PoolingMode mode);

struct Pooling {
  std::vector<PoolingMode> modes = {PoolingMode::mean};  // their vectors side by side
  bool include_prompt = true;                            // whether tokens of the prompt count
};

// hidden (B, T, D), mask (B, T) bool, undefined when every token is one of a text -> (B, M D) float32. Texts
// stand at the left of their rows. The first `prompt_tokens` of each are of a prompt. A text of which no
// token counts gives zeros.
Tensor pool(const Tensor& hidden, const Tensor& mask, const Pooling& pooling, std::int64_t prompt_tokens);

}  // namespace attune::models
