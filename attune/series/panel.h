// Time series in memory: many of them on one regular grid of times.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attune/series/time/grid.h"

namespace attune::series {

// One series of a panel: rows that follow each other on the grid, without gaps.
struct Span {
  std::string id = {};          // "" where a file holds one series
  std::int64_t first_step = 0;  // on the grid, of its first row
  std::int64_t length = 0;      // rows
  std::int64_t first_row = 0;   // among the rows of the panel

  std::int64_t end_step() const { return first_step + length; }
};

// Shapes: R rows of all series, one series after the other; C columns.
struct Panel {
  Grid grid = {};                      // step 0 is the earliest time of any series
  std::vector<std::string> columns;    // C: targets, then past covariates, then future covariates
  std::int64_t targets = 0;            // how many of them are targets,
  std::int64_t past_covariates = 0;    // known up to now,
  std::int64_t future_covariates = 0;  // and known in advance
  std::vector<Span> spans;
  std::vector<double> values;  // (R, C) row by row; NaN where nothing was observed

  std::int64_t rows() const {
    return columns.empty() ? 0 : static_cast<std::int64_t>(values.size() / columns.size());
  }
};

}  // namespace attune::series
