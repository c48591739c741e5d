// The ways of sentence-transformers' Pooling to make one vector of the tokens of a text.
#pragma once

#include <cstdint>
#include <string_view>

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

}  // namespace attune::models
