#include "attune/tasks/classification/class_weights.h"

#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <string>

#include "attune/base/error.h"
#include "attune/tasks/classification/label_sets.h"

namespace attune::tasks {

std::vector<double> balanced_class_weights(std::span<const std::int64_t> labels, std::int64_t classes) {
  std::vector<double> counts(static_cast<std::size_t>(classes));
  for (const std::int64_t label : labels) ++counts[static_cast<std::size_t>(label)];
  double occurring = 0;
  for (const double count : counts) occurring += count > 0 ? 1 : 0;
  std::vector<double> weights;
  for (const double count : counts)
    weights.push_back(count > 0 ? static_cast<double>(labels.size()) / (occurring * count) : 1);
  return weights;
}

std::vector<double> parse_class_weights(std::string_view text, const LabelMap& labels) {
  std::vector<double> weights(static_cast<std::size_t>(labels.size()), 1);
  std::vector<std::string> unknown;
  for (const std::string& part : split_labels(text, ",")) {
    const auto sign = part.rfind('=');
    if (sign == part.npos) fail_usage("--class-weights: \"{}\" is not LABEL=WEIGHT", part);
    const std::string name = part.substr(0, sign);
    double weight = 0;
    const char* const end = part.data() + part.size();
    const auto [at, error] = std::from_chars(part.data() + sign + 1, end, weight);
    if (error != std::errc() || at != end || !std::isfinite(weight) || weight <= 0)
      fail_usage("--class-weights: the weight of \"{}\" is \"{}\", expected a positive number", name,
                 part.substr(sign + 1));
    if (const auto id = labels.id(name)) {
      weights[static_cast<std::size_t>(*id)] = weight;
    } else {
      unknown.push_back(name);
    }
  }
  if (!unknown.empty())
    fail_usage("--class-weights: no label {}; there are {}", fmt::join(unknown, ", "),
               fmt::join(labels.names(), ", "));
  return weights;
}

}  // namespace attune::tasks
