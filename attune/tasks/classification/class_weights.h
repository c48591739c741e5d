// How much the texts of each class count in a classifier's loss.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "attune/tasks/classification/label_map.h"

namespace attune::tasks {

// N / (C N_c) for the N_c of N labels that are of class c, with C classes that occur: all classes weigh the
// same together (scikit-learn's class_weight="balanced"). A class that does not occur has 1.
std::vector<double> balanced_class_weights(std::span<const std::int64_t> labels, std::int64_t classes);

// "LABEL=WEIGHT,LABEL=WEIGHT"; the others have 1. Throws UsageError for labels that the map does not have,
// all of them named, and for weights that are not positive numbers.
std::vector<double> parse_class_weights(std::string_view text, const LabelMap& labels);

}  // namespace attune::tasks
