// What a forecaster looked at while it continued a series.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "apps/attune/inspect/attention_view.h"

namespace attune::command {

struct ForecastAttentionRequest {
  std::filesystem::path directory;
  std::string data;
  std::string series;  // the id, of a long table; "": the first
  std::string target;  // of models that look at each target by itself; "": the first
  std::optional<AttentionKind> kind = {};
};

// Of the forecast that follows the last row of the file. What is looked at are times of the past, patches of
// them or, of an iTransformer, variables. Throws UsageError for a request that the model cannot meet.
AttentionView view_forecast_attention(const ForecastAttentionRequest& request);

}  // namespace attune::command
