// Missing values of a panel.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "attune/series/panel.h"
#include "attune/series/tables/read_panel.h"

namespace attune::series {

// How many rows at the end of a span are its future: targets and past covariates are all missing, and the
// future covariates, of which there is one at least, are all there.
std::int64_t future_rows(const Panel& panel, const Span& span);

// Does what `fill` says, but to targets and past covariates of future rows, which stay NaN; says in `notes`
// what it did. With Fill::none, throws Error for missing values. `where`: a place of the file, of a row of a
// span: "line 7".
void fill_missing(const std::filesystem::path& path, Panel& panel, Fill fill,
                  const std::function<std::string(const Span& span, std::int64_t row)>& where,
                  std::vector<std::string>& notes);

// Notes columns whose values are all the same, and throws Error for those that have none.
void examine_columns(const std::filesystem::path& path, const Panel& panel, std::vector<std::string>& notes);

}  // namespace attune::series
