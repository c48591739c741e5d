#include "apps/attune/inspect/forecast_attention_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/attune/use/loaded_forecaster.h"
#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/models/config_fields.h"
#include "attune/nn/attention_weights.h"

namespace attune::command {
namespace {

using Labels = std::vector<std::string>;

std::size_t span_of(const tasks::ForecastData& data, const std::string& id) {
  if (id.empty()) return 0;
  const auto& spans = data.panel().spans;
  const auto found = std::ranges::find(spans, id, &series::Span::id);
  check(found != spans.end(), "--series {}: the file has no series of that name", id);
  return static_cast<std::size_t>(found - spans.begin());
}

std::size_t target_of(const tasks::ForecastData& data, const std::string& name) {
  if (name.empty()) return 0;
  const auto& columns = data.panel().columns;
  const auto end = columns.begin() + data.panel().targets;
  const auto found = std::find(columns.begin(), end, name);
  if (found == end)
    fail_usage("--target is {}, expected one of {}", name, fmt::join(Labels(columns.begin(), end), ", "));
  return static_cast<std::size_t>(found - columns.begin());
}

class Labeller {
 public:
  Labeller(const LoadedForecaster& loaded, const tasks::ForecastData& data, std::int64_t target_step)
      : loaded_(loaded), data_(data), target_step_(target_step) {}

  // Of `count` steps evenly spaced between two steps beside the first target's: [from, to).
  Labels times(std::int64_t from, std::int64_t to, std::int64_t count) const {
    Labels labels;
    const series::Grid& grid = data_.panel().grid;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t step = target_step_ + from + i * (to - from) / count;
      labels.push_back(series::format_time(grid.at(std::max<std::int64_t>(step, 0)), grid.zone(),
                                           {.time_format = "%Y-%m-%dT%H:%M"}));
    }
    return labels;
  }

  // Of the variates that an iTransformer has as tokens: columns, then fields of the calendar.
  Labels variates(std::int64_t count) const {
    Labels labels = data_.panel().columns;
    for (const auto& field : loaded_.model->sizes().calendar) labels.push_back(field.name);
    labels.resize(static_cast<std::size_t>(count), "(other)");
    return labels;
  }

 private:
  const LoadedForecaster& loaded_;
  const tasks::ForecastData& data_;
  std::int64_t target_step_;
};

// One row of a batch: (B, H, T, S) -> (1, H, T, S).
std::vector<Tensor> row_of(const std::vector<Tensor>& layers, std::int64_t row) {
  std::vector<Tensor> rows;
  for (const Tensor& layer : layers) {
    const std::int64_t heads = layer.dim(1), from = layer.dim(2), to = layer.dim(3);
    rows.push_back(layer.alias({1, heads, from, to}, {heads * from * to, from * to, to, 1},
                               std::min(row, layer.dim(0) - 1) * heads * from * to));
  }
  return rows;
}

// The layers whose maps have the size of the last one: distilling halves the past from layer to layer.
std::vector<Tensor> of_one_size(const std::vector<Tensor>& layers) {
  std::vector<Tensor> same;
  std::ranges::copy_if(layers, std::back_inserter(same),
                       [&](const Tensor& layer) { return layer.shape() == layers.front().shape(); });
  return same;
}

}  // namespace

AttentionView view_forecast_attention(const ForecastAttentionRequest& request) {
  const LoadedForecaster loaded = load_forecaster_for_use(request.directory);
  const models::ForecastSizes& sizes = loaded.model->sizes();
  const auto data = loaded.read(request.data, sizes.horizon, stderr);
  const std::size_t span = span_of(data, request.series);
  const std::size_t target = target_of(data, request.target);
  const series::Span& of = data.panel().spans[span];
  check(of.length >= sizes.context, "{} has {} rows, but the model looks at the last {}", request.data,
        of.length, sizes.context);
  const series::Window window{span, of.end_step()};

  nn::AttentionWeights weights;
  nn::Context context;
  context.attention = &weights;
  const NoGrad no_grad;
  loaded.model->forecast(data.inputs(std::span(&window, 1), sizes.context, sizes.horizon), context);
  check(!weights.self.empty(), "{} has no attention to look at", request.directory.string());

  const Labeller label(loaded, data, window.target_step);
  const auto decoder_layers = static_cast<std::ptrdiff_t>(weights.cross.size());
  const AttentionKind kind =
      request.kind.value_or(decoder_layers > 0 ? AttentionKind::cross : AttentionKind::encoder);
  if (decoder_layers == 0 && kind != AttentionKind::encoder)
    fail_usage("{} has encoder attention only", request.directory.string());
  if (kind == AttentionKind::encoder) {
    const std::vector<Tensor> layers =
        of_one_size({weights.self.begin(), weights.self.end() - decoder_layers});
    const std::int64_t tokens = layers.front().dim(3);
    const bool variates = models::read_model_type(request.directory) == "itransformer";
    const Labels labels = variates ? label.variates(tokens) : label.times(-sizes.context, 0, tokens);
    // A model that looks at every target by itself has them as the rows of a batch.
    return {kind, labels, labels, row_of(layers, static_cast<std::int64_t>(target)),
            variates ? "variable" : "time"};
  }
  const std::vector<Tensor> layers =
      kind == AttentionKind::cross
          ? weights.cross
          : std::vector<Tensor>(weights.self.end() - decoder_layers, weights.self.end());
  const std::int64_t steps = layers.front().dim(2), start = sizes.horizon - steps;
  const Labels written = label.times(start, sizes.horizon, steps);
  const Labels read =
      kind == AttentionKind::cross ? label.times(-sizes.context, 0, layers.front().dim(3)) : written;
  return {kind, read, written, row_of(layers, 0), "time"};
}

}  // namespace attune::command
