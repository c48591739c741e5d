// A metric of translations compares line by line.
#pragma once

#include <string>
#include <vector>

#include "attune/base/error.h"

namespace attune::tasks {

inline void check_pairs(const char* metric, const std::vector<std::string>& hypotheses,
                        const std::vector<std::string>& references) {
  if (hypotheses.size() != references.size())
    fail_usage(
        "{} compares hypotheses and references line by line, but there are {} hypotheses and {} references",
        metric, hypotheses.size(), references.size());
  if (hypotheses.empty()) fail_usage("{} needs at least one hypothesis and its reference, got none", metric);
}

}  // namespace attune::tasks
