#include "attune/tasks/forecasting/forecasting.h"

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/tasks/forecasting/predict.h"
#include "attune/tasks/shuffle.h"
#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

using models::ForecastHead;
using series::Window;
using series::Windows;

// Sets the order of windows apart from the parameters' first values, which have the same seed.
constexpr std::uint64_t window_stream = 0x5e71;

// Windows [first, first + count), or as many as are left.
std::vector<Window> stretch(const Windows& windows, std::int64_t first, std::int64_t count) {
  std::vector<Window> some;
  for (std::int64_t i = first; i < std::min(first + count, windows.count()); ++i)
    some.push_back(windows.at(i));
  return some;
}

// Sums over the values that have a truth.
struct Errors {
  double squared = 0, absolute = 0;
  std::int64_t count = 0;

  void add(std::span<const float> forecast, std::span<const float> truth) {
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (std::isnan(truth[i])) continue;
      const double error = forecast[i] - truth[i];
      squared += error * error;
      absolute += std::abs(error);
      ++count;
    }
  }
};

// A truth with NaN where it is missing: (B, H, C).
std::vector<float> with_gaps(const models::ForecastTruth& truth) {
  auto values = truth.values.to_vector<float>();
  if (!truth.observed.defined()) return values;
  const float* observed = truth.observed.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (observed[i] == 0) values[i] = std::numeric_limits<float>::quiet_NaN();
  }
  return values;
}

// What an evaluation gathers.
class Findings {
 public:
  Findings(const models::Forecaster& model, models::PointLoss loss, std::int64_t windows)
      : model_(model),
        loss_(loss),
        levels_(model.head().kind == ForecastHead::Kind::point ? 1 : forecast_levels.size()),
        residuals_(windows, model.sizes().horizon, model.sizes().targets,
                   static_cast<std::int64_t>(levels_)) {}

  void add(const ForecastData& data, const std::vector<Window>& windows, const nn::Context& context) {
    const models::ForecastSizes& sizes = model_.sizes();
    const auto inputs = data.inputs(windows, sizes.context, sizes.horizon);
    const auto truth = data.truth(windows, sizes.horizon);
    const auto output = model_.forecast(inputs, context);                                 // (B, H, C, Q)
    const auto point = models::point_forecast(model_.head(), output).to_vector<float>();  // (B, H, C)
    const auto known = with_gaps(truth);
    sum_ += models::forecast_loss(model_.head(), output, truth.values, truth.observed, loss_).item() *
            static_cast<double>(windows.size());
    errors_.add(point, known);
    const auto quantiles = levels_ == 1 ? point
                                        : models::forecast_quantiles(model_.head(), output, forecast_levels)
                                              .to_vector<float>();               // (B, H, C, levels)
    const auto units = window_scales(inputs, sizes.targets).to_vector<float>();  // (B, C)
    const std::size_t of_window = known.size() / windows.size();
    const auto targets = static_cast<std::size_t>(sizes.targets);
    for (std::size_t b = 0; b < windows.size(); ++b) {
      if (!residuals_.wants(seen_++)) continue;
      residuals_.add(std::span(quantiles).subspan(b * of_window * levels_, of_window * levels_),
                     std::span(known).subspan(b * of_window, of_window),
                     std::span(units).subspan(b * targets, targets));
    }
  }

  Residuals residuals() && { return std::move(residuals_); }
  Evaluation evaluation() const {
    const auto count = static_cast<double>(std::max<std::int64_t>(errors_.count, 1));
    return {.loss = sum_ / static_cast<double>(std::max<std::int64_t>(seen_, 1)),
            .metrics = {{"mse", errors_.squared / count}, {"mae", errors_.absolute / count}}};
  }

 private:
  const models::Forecaster& model_;
  models::PointLoss loss_;
  std::size_t levels_;
  Residuals residuals_;
  Errors errors_;
  double sum_ = 0;
  std::int64_t seen_ = 0;
};

}  // namespace

Forecasting::Forecasting(const models::Forecaster& model, const ForecastData& data,
                         const series::Split& split, const ForecastingOptions& options)
    : model_(model),
      data_(data),
      options_(options),
      train_(data.panel().spans, split.train, model.sizes().context, model.sizes().horizon),
      valid_(data.panel().spans, split.valid, model.sizes().context, model.sizes().horizon) {
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  check(train_.count() > 0,
        "no series has a window to learn from: {} values of the past and {} to forecast are {}, and the "
        "training part has {} rows of time; lower --context or --horizon, or give more data",
        model.sizes().context, model.sizes().horizon, model.sizes().context + model.sizes().horizon,
        split.train.count());
}

std::int64_t Forecasting::micro_batches_per_epoch() const {
  return (train_.count() + options_.batch_size - 1) / options_.batch_size;
}

MicroBatchLoss Forecasting::loss(const MicroBatchIndex& which, const nn::Context& context) {
  const std::int64_t epoch = which.done() / micro_batches_per_epoch();
  const std::int64_t first = which.done() % micro_batches_per_epoch() * options_.batch_size;
  const std::int64_t last = std::min(first + options_.batch_size, train_.count());
  std::vector<Window> windows;
  for (std::int64_t i = first; i < last; ++i) {
    windows.push_back(train_.at(static_cast<std::int64_t>(
        shuffled(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(train_.count()),
                 fold_in(options_.seed, window_stream), static_cast<std::uint64_t>(epoch)))));
  }
  const models::ForecastSizes& sizes = model_.sizes();
  const auto inputs = data_.inputs(windows, sizes.context, sizes.horizon);
  const auto truth = data_.truth(windows, sizes.horizon);
  const auto output = model_.teach(inputs, truth, context);  // (B, H, C, Q)
  return {models::forecast_loss(model_.head(), output, truth.values, truth.observed, options_.loss),
          static_cast<double>(windows.size())};
}

std::optional<Evaluation> Forecasting::evaluate(const nn::Context& context,
                                                const std::function<bool()>& stopped) {
  const NoGrad no_grad;
  Findings findings(model_, options_.loss, valid_.count());
  for (std::int64_t first = 0; first < valid_.count(); first += options_.batch_size) {
    if (stopped()) return std::nullopt;
    findings.add(data_, stretch(valid_, first, options_.batch_size), context);
  }
  const Evaluation evaluation = findings.evaluation();
  residuals_ = std::move(findings).residuals();
  return evaluation;
}

const Calibration& Forecasting::calibration() {
  if (residuals_) calibration_ = residuals_->calibration();
  residuals_.reset();
  return calibration_;
}

}  // namespace attune::tasks
