// dump_forecasts DIR BATCH OUT SAVED: opens a PatchTST, reads past and, where it is there, observed (B, L, C)
// from the safetensors file BATCH, writes the point forecasts (B, H, C) to OUT and the model to the directory
// SAVED. With "-" for BATCH and OUT the model is new, with parameters drawn, and DIR has its config.json
// only. For the checks of this folder: the command forecasts tables.
#include <cstdio>
#include <exception>
#include <string>

#include "attune/autograd/tape.h"
#include "attune/io/safetensors.h"
#include "attune/models/forecasting/forecast_head.h"
#include "attune/models/patchtst/patchtst.h"

namespace {

using namespace attune;
using namespace attune::models;

Tensor floats(const io::Safetensors& file, const char* name) {
  const io::TensorView* view = file.find(name);
  if (view == nullptr) return {};
  const Tensor tensor = Tensor::empty(Shape{std::span<const std::int64_t>(view->shape)});
  io::read_elements<float>(*view,
                           {tensor.mutable_data<float>(), static_cast<std::size_t>(tensor.elements())});
  return tensor;
}

void write(const std::string& path, const Tensor& forecast) {
  io::TensorView view;
  view.name = "forecast";
  view.shape.assign(forecast.shape().begin(), forecast.shape().end());
  view.bytes =
      std::as_bytes(std::span(forecast.data<float>(), static_cast<std::size_t>(forecast.elements())));
  io::write_safetensors(path, {view});
}

void start(const std::string& directory, const std::string& saved) {
  const PatchTst model(read_patchtst_config(directory));
  Generator generator{.seed = 5};
  model.initialize(generator);
  model.save(saved);
}

void forecast(const std::string& directory, const std::string& batch, const std::string& out,
              const std::string& saved) {
  const NoGrad no_grad;
  const auto model = load_patchtst(directory);
  model->save(saved);
  const io::Safetensors file(batch);
  ForecastInputs inputs;
  inputs.past = floats(file, "past");
  inputs.observed = floats(file, "observed");
  write(out, point_forecast(model->head(), model->forecast(inputs, {})));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::fprintf(stderr, "usage: %s DIR BATCH OUT SAVED\n", arguments[0]);
    return 2;
  }
  try {
    const std::string batch = arguments[2];
    batch == "-" ? start(arguments[1], arguments[4])
                 : forecast(arguments[1], batch, arguments[3], arguments[4]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
