// What config.json says of a forecaster beside the sizes of its network: ForecastSizes and ForecastHead.
//
//   "seq_len": 96, "pred_len": 96,      context and horizon, in steps
//   "enc_in": 9, "c_out": 7,            channels of the past, of which the first "c_out" are the targets
//   "future_covariates": 0,
//   "calendar": [{"name": "hour", "size": 24}],
//   "head": {"kind": "point"}           or {"kind": "quantiles", "quantiles": [0.1, 0.5]}, {"kind":
//   "student_t"}
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "attune/models/forecasting/forecaster.h"

namespace attune::models {

class ConfigFields;

// The fields of the sizes by the names of the Time-Series-Library; a family with a layout of its own gives
// others.
struct ForecastNames {
  const char *context = "seq_len", *horizon = "pred_len";
  const char *channels = "enc_in", *targets = "c_out";
};

// Calls read(), which fills a configuration from the file `path`: an Error that does not name the file
// becomes one that does.
void naming_file(const std::string& path, const std::function<void()>& read);

std::string_view name_of(ForecastHead::Kind kind);  // "point", "quantiles", "student_t"
ForecastHead::Kind head_from_name(std::string_view name);

// Fields that are absent leave the value as it was; without `targets`, all channels are targets. An
// impossible value is an Error that names the file and the field.
void read_forecast(const ConfigFields& fields, ForecastSizes& sizes, ForecastHead& head,
                   const ForecastNames& names = {});
void write_forecast(const ForecastSizes& sizes, const ForecastHead& head, nlohmann::ordered_json& object,
                    const ForecastNames& names = {});

// Throws UsageError naming what makes no forecaster.
void validate_forecast(const ForecastSizes& sizes, const ForecastHead& head,
                       const ForecastNames& names = {"context", "horizon", "channels", "targets"});

}  // namespace attune::models
