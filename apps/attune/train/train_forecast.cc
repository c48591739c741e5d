// attune train forecast: learn to continue time series.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/attune/command.h"
#include "apps/attune/train/forecast_run.h"
#include "apps/attune/train/new_model.h"
#include "apps/attune/train/train_flags.h"
#include "attune/base/error.h"

namespace attune::command {
namespace {

void add_data_flags(CLI::App& verb, ForecastRun& run) {
  const auto text = [&](const char* name, std::string& value, const char* help) {
    verb.add_option(name, value, help)->group("Data");
  };
  const auto columns = [&](const char* name, std::vector<std::string>& value, const char* help) {
    verb.add_option(name, value, help)->delimiter(',')->group("Data");
  };
  text("--data", run.data, "CSV file, with a header: a column of times and columns of numbers; also .gz");
  text("--time", run.time, "Column with the times (default: found)");
  text("--id", run.id, "Column that tells the series of a long table apart");
  columns("--target,--targets", run.targets,
          "Columns to forecast, by commas; all: every column of numbers without another role (default)");
  columns("--past-covariates", run.past_covariates, "Columns that help, known up to the present");
  columns("--future-covariates", run.future_covariates,
          "Columns that help, known in advance: forecasting then needs rows of the future with them");
  text("--frequency,--freq", run.frequency, "Distance of the rows: 15min, h, D, W, MS, ... (default: found)");
  text("--time-zone", run.time_zone, "IANA name of the zone of the times, for clocks that change");
  text("--time-format", run.time_format, "Format of the times as strptime has it: %d.%m.%Y %H:%M");
  verb.add_option("--fill", run.fill,
                  "What becomes of missing values and rows: none (an error that names them), mask (the loss "
                  "passes over them), forward, interpolate or zero")
      ->capture_default_str()
      ->group("Data");
  text("--resample", run.resample, "Change the frequency, or put times on a grid: 1h");
  verb.add_option("--aggregate", run.aggregate, "How --resample joins values: mean, sum, last, min or max")
      ->capture_default_str()
      ->group("Data");
  verb.add_option("--split", run.split,
                  "Training, validation and test, in the order of time: shares, or numbers of rows")
      ->capture_default_str()
      ->group("Data");
  verb.add_option("--calendar", run.calendar,
                  "What of the calendar the model sees: auto (by the frequency), none, or fields: minute, "
                  "hour, weekday, day, year_day, week, month, season, holiday, holiday_distance (default: "
                  "none for patchtst unless --holidays is given, else auto)")
      ->delimiter(',')
      ->group("Data");
  text("--holidays", run.holidays, "Holidays of a country: US, CN, DE, GB, FR or JP; or a file of dates");
}

void add_network_flags(CLI::App& verb, ForecastRun& run) {
  const auto size = [&](const char* name, auto& value, const char* help) {
    verb.add_option(name, value, help)->group("Model");
  };
  verb.add_option("--model", run.model,
                  fmt::format("Model directory to continue from, or a new model: {}",
                              fmt::join(models::forecaster_families(), ", ")))
      ->capture_default_str()
      ->group("Model");
  add_value(verb, "Model", "--context", run.context, "Rows of the past that the model looks at");
  add_value(verb, "Model", "--horizon", run.horizon, "Rows of the future that it forecasts at once");
  size("--layers", run.network.layers, "Layers, of the encoder (default: the family's own, as all sizes)");
  size("--decoder-layers", run.network.decoder_layers, "Layers of the decoder: transformer, informer");
  size("--heads", run.network.heads, "Attention heads of a layer");
  size("--width", run.network.width, "Width of the residual stream");
  size("--feed-forward", run.network.feed_forward, "Width of the feed-forward network");
  size("--dropout", run.network.dropout, "Dropout");
  size("--patch-length", run.network.patch_length, "Values of a patch: patchtst");
  size("--patch-stride", run.network.patch_stride, "From the start of a patch to the next: patchtst");
  size("--label-length", run.network.label_length,
       "Values of the past that the decoder starts with: transformer, informer");
  size("--decoding", run.network.decoding,
       "one-pass (the Informer's placeholders) or autoregressive (teacher forcing): transformer");
  size("--embed", run.network.embed,
       "Embedding of the calendar: timeF, fixed or learned (default: learned for patchtst, else timeF)");
  size("--value-embedding", run.network.value_embedding,
       "Embedding of the values: linear, conv1 (of each step alone) or conv3 (of three steps; default): "
       "transformer, informer");
  size("--temporal-embedding", run.network.temporal_embedding,
       "Fields of the calendar: sum (default) or concatenate, side by side and projected: transformer, "
       "informer");
  size("--factor", run.network.factor,
       "ProbSparse attention: so many times the logarithm of the steps are the queries that attend and the "
       "keys that are tried (default: 3): informer");
  verb.add_flag("--distilling,!--no-distilling", run.network.distilling,
                "Layers of the encoder but the last halve the sequence (default); not: informer")
      ->group("Model");
  verb.add_flag(
          "--instance-norm", run.network.instance_norm,
          "Look at each window in units of its own mean and deviation, and bring forecasts back (RevIN): "
          "transformer, informer, dlinear; patchtst and itransformer always do")
      ->group("Model");
  verb.add_option("--head", run.head, "point, quantiles or student_t")->capture_default_str()->group("Model");
  verb.add_option("--quantiles", run.quantiles, "Levels of --head quantiles: 0.1,0.5,0.9")
      ->delimiter(',')
      ->group("Model");
}

}  // namespace

void add_train_forecast(Program& program, CLI::App& train) {
  CLI::App& verb = *train.add_subcommand("forecast", "Learn to continue time series");
  auto run = std::make_shared<ForecastRun>();
  if (program.is_asked_for({"train", "forecast"})) apply_config(program.arguments, *run);
  add_data_flags(verb, *run);
  add_network_flags(verb, *run);
  verb.add_option("--loss", run->loss, "Loss of point forecasts: mse, mae or huber")
      ->capture_default_str()
      ->group("Optimizer");
  add_optimizer_flags(verb, run->training);
  add_run_flags(
      verb, run->place, run->training,
      "Times through the windows; 0: given by --max-steps, or else 10, and for few windows so many that "
      "600 steps are made");
  verb.get_option("--eval-steps")->description("Evaluate every so many steps; 0: after every epoch");
  add_value(verb, "Run", "--batch-size", run->batch_size, "Windows of a micro-batch");
  verb.callback([run, &verb, &program] {
    drop_alternatives(verb, run->training);
    const auto result = train_forecast(*run, stderr);
    const std::string& out = run->place.out;
    program.exit_code = report_run(
        out, result, fmt::format("attune forecast {} --data {} --plot forecast.png", out, run->data));
  });
}

}  // namespace attune::command
