// What the columns of a table are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attune/series/tables/read_panel.h"
#include "attune/series/tables/sample.h"
#include "attune/series/time/find_pattern.h"

namespace attune::series {

struct Roles {
  std::size_t time = 0;  // places among the columns of the file
  std::optional<std::size_t> id;
  std::vector<std::size_t> numbers;  // targets, then past covariates, then future covariates
  std::size_t targets = 0, past_covariates = 0, future_covariates = 0;
  bool targets_were_found = false;        // not named: one that turns out to hold no number is none
  std::vector<std::string> text_columns;  // left aside
  FoundPattern times;
  std::vector<std::string> notes;
};

// Throws Error for columns that are not there, that are not what they are named for, and where no column
// holds times; UsageError for a column that is named twice.
Roles find_roles(const std::filesystem::path& path, const Sample& sample, const PanelOptions& options);

}  // namespace attune::series
