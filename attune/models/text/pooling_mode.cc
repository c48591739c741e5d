#include "attune/models/text/pooling_mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "attune/base/error.h"

namespace attune::models {
namespace {

constexpr std::pair<std::string_view, PoolingMode> names[] = {
    {"cls", PoolingMode::cls},
    {"max", PoolingMode::max},
    {"mean", PoolingMode::mean},
    {"mean_sqrt_len_tokens", PoolingMode::mean_sqrt_len_tokens},
    {"weightedmean", PoolingMode::weighted_mean},
    {"lasttoken", PoolingMode::last_token}};

}  // namespace

PoolingMode pooling_mode_from_name(std::string_view name) {
  std::string known;
  for (const auto& [mode_name, mode] : names) {
    if (name == mode_name) return mode;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", mode_name);
  }
  fail("the pooling mode is \"{}\", expected one of {}", name, known);
}

std::string_view name_of(PoolingMode mode) {
  return std::ranges::find(names, mode, [](const auto& pair) { return pair.second; })->first;
}

}  // namespace attune::models
