#include <string>

#include "attune/io/file.h"
#include "attune/models/config_fields.h"
#include "attune/models/dlinear/dlinear.h"
#include "attune/models/forecasting/forecast_config.h"

namespace attune::models {
namespace {

constexpr std::int64_t most_steps = 1 << 20;

}  // namespace

void DLinearConfig::validate() const {
  validate_forecast(sizes, head);
  if (moving_avg < 1 || moving_avg > most_steps || moving_avg % 2 == 0)
    fail_usage("moving_avg is {}, expected an odd number of steps", moving_avg);
  if (individual && sizes.targets > most_layers)
    fail_usage("{} targets with maps of their own, expected at most {}", sizes.targets, most_layers);
  if (sizes.past_covariates > 0)
    fail_usage(
        "DLinear forecasts each target from its own past: it has no use for past covariates ({} given)",
        sizes.past_covariates);
  if (sizes.future_covariates > 0)
    fail_usage(
        "DLinear forecasts each target from its own past: it has no use for future covariates ({} given)",
        sizes.future_covariates);
}

DLinearConfig read_dlinear_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  const nlohmann::json object = read_json_object(path);
  const ConfigFields fields(object, path, "DLinear");
  DLinearConfig config;
  naming_file(path.string(), [&] {
    fields.expect_model_type("dlinear");
    read_forecast(fields, config.sizes, config.head);
    fields.read("moving_avg", config.moving_avg);
    fields.read("individual", config.individual);
    fields.read("use_norm", config.use_norm);
    config.validate();
  });
  return config;
}

void write_dlinear_config(const DLinearConfig& config, const std::filesystem::path& directory) {
  nlohmann::ordered_json object = {{"architectures", {"DLinear"}}, {"model_type", "dlinear"}};
  write_forecast(config.sizes, config.head, object);
  object["moving_avg"] = config.moving_avg;
  object["individual"] = config.individual;
  object["use_norm"] = config.use_norm;
  io::write_text_atomically(directory / "config.json", object.dump(2) + "\n");
}

}  // namespace attune::models
