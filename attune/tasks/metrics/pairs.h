// A metric compares predictions with references, one by one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attune/base/error.h"

namespace attune::tasks {

inline void check_pairs(const char* metric, std::size_t predictions, std::size_t references) {
  if (predictions != references)
    fail_usage(
        "{} compares predictions with references one by one, but there are {} predictions and {} references",
        metric, predictions, references);
  if (predictions == 0) fail_usage("{} needs at least one prediction and its reference, got none", metric);
}

// The same of translations, which come line by line.
inline void check_pairs(const char* metric, const std::vector<std::string>& hypotheses,
                        const std::vector<std::string>& references) {
  if (hypotheses.size() != references.size())
    fail_usage(
        "{} compares hypotheses and references line by line, but there are {} hypotheses and {} references",
        metric, hypotheses.size(), references.size());
  if (hypotheses.empty()) fail_usage("{} needs at least one hypothesis and its reference, got none", metric);
}

}  // namespace attune::tasks
