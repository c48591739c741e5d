#include "apps/attune/train/forecast_run.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "apps/attune/train/new_model.h"
#include "attune/io/file.h"
#include "attune/io/message.h"
#include "attune/series/processor.h"
#include "attune/tasks/forecasting/forecast_scores.h"
#include "attune/tasks/forecasting/forecasting.h"

namespace attune::command {
namespace {

using models::ForecastHead;
using models::ForecastSizes;
using series::Field;

void validate(const ForecastRun& run) {
  if (run.data.empty()) fail_usage("--data FILE is missing: which series should be learned from?");
  expect_positive("--context", run.context);
  expect_positive("--horizon", run.horizon);
  expect_positive("--batch-size", run.batch_size);
  run.place.validate();
}

series::PanelOptions panel_options(const ForecastRun& run) {
  const bool all = run.targets == std::vector<std::string>{"all"};
  return {.time = run.time,
          .id = run.id,
          .targets = all ? std::vector<std::string>{} : run.targets,
          .past_covariates = run.past_covariates,
          .future_covariates = run.future_covariates,
          .frequency = run.frequency,
          .time_zone = run.time_zone,
          .time_format = run.time_format,
          .fill = series::fill_from_name(run.fill),
          .resample = run.resample,
          .aggregate = series::aggregate_from_name(run.aggregate)};
}

// The fields that the model may see.
std::vector<Field> calendar_fields(const ForecastRun& run, const series::Grid& grid) {
  if (run.calendar == std::vector<std::string>{"none"}) return {};
  // The days of one year teach little, so a model that can do without them is not given them unasked.
  if (run.calendar.empty() && run.holidays.empty() && !models::sees_calendar_by_default(run.model)) return {};
  std::vector<Field> fields;
  if (run.calendar.empty() || run.calendar == std::vector<std::string>{"auto"}) {
    fields = series::fields_of(grid.frequency());
    if (!run.holidays.empty()) fields.insert(fields.end(), {Field::holiday, Field::holiday_distance});
  } else {
    for (const std::string& name : run.calendar) fields.push_back(series::field_from_name(name));
  }
  const bool wanted = std::ranges::any_of(
      fields, [](Field field) { return field == Field::holiday || field == Field::holiday_distance; });
  if (wanted && run.holidays.empty())
    fail_usage(
        "--calendar asks for holidays: whose? Say --holidays US, CN, DE, GB, FR, JP or a file of dates");
  return fields;
}

ForecastHead head_of(const ForecastRun& run) {
  if (run.head != "quantiles" && !run.quantiles.empty())
    fail_usage("--quantiles is for --head quantiles; the head is {}", run.head);
  if (run.head == "point") return {};
  if (run.head == "student_t") return {.kind = ForecastHead::Kind::student_t};
  if (run.head != "quantiles") fail_usage("--head is {}, expected point, quantiles or student_t", run.head);
  ForecastHead head{.kind = ForecastHead::Kind::quantiles,
                    .quantiles = run.quantiles.empty() ? tasks::forecast_levels : run.quantiles};
  std::ranges::sort(head.quantiles);
  for (const double level : head.quantiles) {
    if (!(level > 0 && level < 1)) fail_usage("--quantiles has {}, expected levels between 0 and 1", level);
  }
  return head;
}

models::PointLoss loss_of(const ForecastRun& run) {
  if (run.loss == "mse") return models::PointLoss::mse;
  if (run.loss == "mae") return models::PointLoss::mae;
  if (run.loss == "huber") return models::PointLoss::huber;
  fail_usage("--loss is {}, expected mse, mae or huber", run.loss);
}

// What is known of the data before a model is made.
struct Prepared {
  series::Panel panel;
  series::Split split;
  series::Processor processor;
  std::shared_ptr<const series::Holidays> holidays;  // null: none
};

Prepared prepare(const ForecastRun& run, std::FILE* progress) {
  series::ReadPanel read = series::read_panel(run.data, panel_options(run));
  if (progress != nullptr) {
    for (const std::string& note : read.notes) io::print_message(progress, "{}\n", note);
  }
  Prepared prepared{.panel = std::move(read.panel),
                    .split = {},
                    .processor = {},
                    .holidays = run.holidays.empty() ? nullptr : series::open_holidays(run.holidays)};
  const series::Panel& panel = prepared.panel;
  std::int64_t steps = 0;
  for (const series::Span& span : panel.spans) steps = std::max(steps, span.end_step());
  prepared.split = series::parse_split(run.split, steps);
  const auto names = [&](std::int64_t first, std::int64_t count) {
    return std::vector<std::string>(panel.columns.begin() + first, panel.columns.begin() + first + count);
  };
  series::Processor& processor = prepared.processor;
  processor.table = panel_options(run);
  processor.table.time = read.format.time_column;
  processor.table.id = read.format.id_column;
  processor.table.targets = names(0, panel.targets);
  processor.table.past_covariates = names(panel.targets, panel.past_covariates);
  processor.table.future_covariates = names(panel.targets + panel.past_covariates, panel.future_covariates);
  processor.table.frequency = series::name_of(panel.grid.frequency());
  processor.table.time_zone = panel.grid.zone();
  processor.table.time_format = read.format.time_format;
  processor.format = read.format;
  processor.scaler = series::Scaler::fit(panel, prepared.split.train.end);
  processor.holidays = run.holidays;
  const series::Split& split = prepared.split;
  processor.periods = {panel.grid.at(split.train.begin), panel.grid.at(split.valid.begin),
                       panel.grid.at(split.test.begin), panel.grid.at(split.test.end)};
  return prepared;
}

// A user's file of holidays goes with the model.
bool is_holiday_file(const ForecastRun& run) {
  return !run.holidays.empty() && std::filesystem::is_regular_file(run.holidays);
}

std::vector<models::CalendarField> fields_of_model(const ForecastRun& run, const Prepared& prepared) {
  const auto fields = calendar_fields(run, prepared.panel.grid);
  if (fields.empty()) return {};
  const series::Calendar calendar(prepared.panel.grid, fields, prepared.holidays);
  std::vector<models::CalendarField> of_model;
  for (std::size_t f = 0; f < fields.size(); ++f)
    of_model.push_back({std::string(series::name_of(fields[f])), calendar.size(f)});
  return of_model;
}

std::unique_ptr<models::Forecaster> start_model(const ForecastRun& run, const Prepared& prepared,
                                                const std::optional<train::Checkpoint>& checkpoint) {
  if (checkpoint) return models::load_forecaster(checkpoint->path);
  const ForecastSizes sizes{.context = run.context,
                            .horizon = run.horizon,
                            .targets = prepared.panel.targets,
                            .past_covariates = prepared.panel.past_covariates,
                            .future_covariates = prepared.panel.future_covariates,
                            .calendar = fields_of_model(run, prepared)};
  if (is_family(run.model, models::forecaster_families())) {
    Generator generator{.seed = run.training.seed};
    return models::new_forecaster(run.model, sizes, head_of(run), run.network, generator);
  }
  check(std::filesystem::is_directory(run.model), "--model {}: expected a model directory, or a family: {}",
        run.model, fmt::join(models::forecaster_families(), ", "));
  auto model = models::load_forecaster(run.model);
  const ForecastSizes& has = model->sizes();
  check(
      has.context == sizes.context && has.horizon == sizes.horizon && has.targets == sizes.targets &&
          has.past_covariates == sizes.past_covariates && has.future_covariates == sizes.future_covariates,
      "--model {} forecasts {} steps of {} targets from {} steps of the past, but --horizon is {}, --context "
      "{}, and the data has {} targets",
      run.model, has.horizon, has.targets, has.context, sizes.horizon, sizes.context, sizes.targets);
  return model;
}

// Where nothing was said of how long: ten times through the windows, and through few of them so often that
// there is something to learn. Evaluates after every epoch, unless it is said when or an epoch is a step or
// two.
train::TrainingOptions training_of(const ForecastRun& run, const Prepared& prepared) {
  constexpr std::int64_t epochs = 10, least_steps = 600;
  train::TrainingOptions training = run.training;
  const series::Windows windows(prepared.panel.spans, prepared.split.train, run.context, run.horizon);
  const std::int64_t batches = (windows.count() + run.batch_size - 1) / run.batch_size;
  const auto epoch = std::max<std::int64_t>(batches / training.gradient_accumulation_steps, 1);  // in steps
  std::int64_t between = epoch;
  if (training.max_steps == 0 && training.num_train_epochs == 0) {
    training.num_train_epochs = static_cast<double>(std::max(epochs, (least_steps + epoch - 1) / epoch));
    between = std::max(epoch, least_steps / epochs);
  }
  if (training.eval_steps == 0) training.eval_steps = between;
  return training;
}

// The panel as the model takes it. What forecasting needs to know of it, too, goes to the processor.
tasks::ForecastData data_for(const models::Forecaster& model, const ForecastRun& run, Prepared& prepared) {
  series::Processor& processor = prepared.processor;
  for (const models::CalendarField& field : model.sizes().calendar)
    processor.calendar.push_back(series::field_from_name(field.name));
  const series::Grid grid = prepared.panel.grid;
  auto calendar = processor.calendar.empty()
                      ? nullptr
                      : std::make_shared<series::Calendar>(grid, processor.calendar, prepared.holidays);
  tasks::ForecastData data(std::move(prepared.panel), processor.scaler, std::move(calendar), run.horizon);
  processor.naive_errors =
      tasks::naive_errors(data, prepared.split.train.end, series::season_of(grid.frequency()));
  if (is_holiday_file(run)) processor.holidays = series::holiday_file;
  return data;
}

void tell(std::FILE* progress, const models::Forecaster& model, const series::Panel& panel,
          const tasks::Forecasting& task) {
  if (progress == nullptr) return;
  const auto& windows = task.training_windows();
  io::print_message(progress,
                    "{} series of {} targets, {} windows to learn from, {} to validate on; {} "
                    "parameters, {} micro-batches an epoch\n",
                    panel.spans.size(), panel.targets, windows.count(), task.validation_windows().count(),
                    model.parameters().count(), task.micro_batches_per_epoch());
  if (windows.too_short() > 0)
    io::print_message(progress, "{} series are too short for a window of the training part\n",
                      windows.too_short());
}

}  // namespace

train::TrainingOptions ForecastRun::forecasting() {
  train::TrainingOptions training;
  training.optimizer = train::OptimizerKind::adam;
  training.learning_rate = 5e-4;
  training.early_stopping_patience = 3;
  training.save_steps = 0;
  training.logging_steps = 100;
  return training;
}

train::TrainingResult train_forecast(const ForecastRun& run, std::FILE* progress) {
  validate(run);
  const models::PointLoss loss = loss_of(run);
  Prepared prepared = prepare(run, progress);
  train::RunDirectory directory = open_directory(run, training_of(run, prepared));
  const auto model = start_model(run, prepared, directory.checkpoint());
  const tasks::ForecastData data = data_for(*model, run, prepared);
  tasks::Forecasting task(*model, data, prepared.split,
                          {.loss = loss, .batch_size = run.batch_size, .seed = run.training.seed});
  tell(progress, *model, data.panel(), task);
  const auto save = [&](const std::filesystem::path& to) {
    model->save(to);
    if (is_holiday_file(run))
      io::write_text_atomically(to / series::holiday_file, io::read_text(run.holidays));
    series::write_processor(prepared.processor, to);
    task.calibration().write(to);
  };
  return train::Trainer(model->parameters(), model->weight_table(), task, directory, save, progress).train();
}

}  // namespace attune::command
