#include "attune/train/parameter_choice.h"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "attune/base/error.h"
#include "attune/base/nearest.h"

namespace attune::train {
namespace {

bool fits(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

std::vector<std::string> all_names(const nn::Parameters& parameters, const models::WeightTable& table) {
  std::vector<std::string> names;
  for (const nn::Parameter& parameter : parameters.all()) {
    if (!parameter.trained) continue;
    for (std::string& name : models::checkpoint_names(table, parameter.name))
      names.push_back(std::move(name));
  }
  return names;
}

void expect_that_each_fits(const std::vector<std::string>& patterns, const std::vector<std::string>& names) {
  for (const std::string& pattern : patterns) {
    if (std::ranges::any_of(names, [&](const std::string& name) { return fits(pattern, name); })) continue;
    const std::string* nearest = nearest_of(pattern, names);
    fail_usage("--freeze \"{}\" fits none of the {} parameters{}", pattern, names.size(),
               nearest == nullptr ? "" : fmt::format("; the nearest is {}", *nearest));
  }
}

// A parameter's layer: "encoder.block" and 3 of "encoder.block.3.layer.0.SelfAttention.q.weight".
struct Layer {
  std::string stack;
  std::int64_t number;
};

std::optional<Layer> layer_of(std::string_view name) {
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    std::int64_t number = 0;
    const auto [at, error] = std::from_chars(name.data() + begin, name.data() + end, number);
    if (error == std::errc() && at == name.data() + end && number >= 0)
      return Layer{std::string(name.substr(0, begin)), number};
    begin = end + 1;
  }
  return {};
}

}  // namespace

std::set<std::string> frozen_parameters(const nn::Parameters& parameters, const models::WeightTable& table,
                                        const std::vector<std::string>& patterns) {
  expect_that_each_fits(patterns, all_names(parameters, table));
  std::set<std::string> frozen;
  bool left = false;
  for (const nn::Parameter& parameter : parameters.all()) {
    if (!parameter.trained) continue;
    const std::vector<std::string> names = models::checkpoint_names(table, parameter.name);
    const auto is_frozen = [&](const std::string& name) {
      return std::ranges::any_of(patterns, [&](const std::string& pattern) { return fits(pattern, name); });
    };
    const auto some = std::ranges::find_if(names, is_frozen);
    const auto other = std::ranges::find_if_not(names, is_frozen);
    if (some != names.end() && other != names.end()) {
      fail_usage("--freeze fits {} but not {}, which are trained as one: freeze both or none", *some, *other);
    }
    if (some != names.end()) {
      frozen.insert(parameter.name);
    } else {
      left = true;
    }
  }
  if (!left) fail_usage("--freeze fits every parameter: there is nothing left to train");
  return frozen;
}

std::map<std::string, double> layer_factors(const nn::Parameters& parameters,
                                            const models::WeightTable& table, double decay) {
  std::map<std::string, std::optional<Layer>> layers;
  std::map<std::string, std::int64_t> depths;  // of each stack
  std::int64_t deepest = 0;
  for (const nn::Parameter& parameter : parameters.all()) {
    const auto layer = layer_of(models::checkpoint_names(table, parameter.name).front());
    if (layer) {
      std::int64_t& depth = depths[layer->stack];
      depth = std::max(depth, layer->number + 1);
      deepest = std::max(deepest, depth);
    }
    layers.emplace(parameter.name, layer);
  }
  std::map<std::string, double> factors;
  bool below = true;  // no layer has come yet
  for (const nn::Parameter& parameter : parameters.all()) {
    const std::optional<Layer>& layer = layers.at(parameter.name);
    below = below && !layer;
    const std::int64_t depth = layer ? depths.at(layer->stack) - layer->number : below ? deepest + 1 : 0;
    factors.emplace(parameter.name, std::pow(decay, static_cast<double>(depth)));
  }
  return factors;
}

}  // namespace attune::train
