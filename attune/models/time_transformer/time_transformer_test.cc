// The Transformer for forecasting against the Time-Series-Library:
// tests/goldens/time_series_library/make_tsl_transformer.py made what is expected.
#include "attune/models/time_transformer/time_transformer.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "attune/autograd/tape.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/models/forecasting/forecast_head.h"
#include "attune/nn/attention_weights.h"
#include "attune/ops/ops.h"
#include "tests/models/forecast_golden.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;
using testing::expect_near;
using testing::Golden;
using testing::inputs_of;
using testing::squared_error;

fs::path directory_of(const std::string& name) {
  return testing::golden_directory("time_series_library", name);
}

class TimeTransformerGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(TimeTransformerGolden, OutputLossAndEveryGradient) {
  const Golden golden(directory_of(GetParam()));
  const auto model = load_time_transformer(directory_of(GetParam()));
  const Tensor truth = golden.floats("truth");
  for (const std::string mode : {"eval", "train"}) {
    for (const auto& parameter : model->parameters().all()) {
      require_gradient(parameter.tensor);
      clear_gradient(parameter.tensor);
    }
    const ForecastOutput output = model->forecast(inputs_of(golden), {.training = mode == "train"});
    EXPECT_EQ(output.outputs.shape(), (Shape{3, 6, 3, 1}));
    expect_near(ops::reshape(output.outputs, truth.shape()), golden.floats(mode + ".output"), 1e-5, mode);
    const Tensor loss = squared_error(output, truth);
    EXPECT_NEAR(loss.item(), golden.floats(mode + ".loss").item(), 1e-5) << mode;
    backward(loss);
    for (const auto& parameter : model->parameters().all()) {
      expect_near(gradient_of(parameter.tensor),
                  golden.like(mode + ".grad.", model->weight_table(), parameter), 2e-5, parameter.name);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Directories, TimeTransformerGolden,
                         ::testing::Values("transformer_timeF", "transformer_fixed", "transformer_learned"),
                         [](const auto& info) { return info.param; });

TimeTransformerConfig small() {
  TimeTransformerConfig config{.sizes = {.context = 12,
                                         .horizon = 7,
                                         .targets = 2,
                                         .past_covariates = 1,
                                         .future_covariates = 2,
                                         .calendar = {{"hour", 24}, {"weekday", 7}}},
                               .label_len = 5,
                               .d_model = 8,
                               .n_heads = 2,
                               .d_ff = 12,
                               .dropout = 0.1};
  config.d_layers = 2;
  return config;
}

TimeTransformerConfig rolling() {
  TimeTransformerConfig config = small();
  config.decoding = TimeTransformerConfig::Decoding::autoregressive;
  return config;
}

// Random weights, large enough that attention is far from uniform.
std::unique_ptr<TimeTransformer> random_model(const TimeTransformerConfig& config) {
  auto model = std::make_unique<TimeTransformer>(config);
  Generator generator{.seed = 3};
  model->initialize(generator);
  for (const auto& parameter : model->parameters().all()) {
    if (parameter.tensor.rank() == 2)
      parameter.tensor.copy_from(random_normal(parameter.tensor.shape(), 0, 0.5, generator));
  }
  return model;
}

ForecastInputs random_inputs(const ForecastSizes& sizes, std::int64_t batch, Generator& generator) {
  const std::int64_t steps = sizes.context + sizes.horizon, fields = std::ssize(sizes.calendar);
  ForecastInputs inputs;
  inputs.past = random_normal({batch, sizes.context, sizes.channels()}, 0, 1, generator);
  inputs.calendar = random_uniform({batch, steps, fields}, -0.5, 0.5, generator);
  inputs.calendar_indices = Tensor::zeros({batch, steps, fields}, DType::int64);
  for (std::int64_t i = 0; i < inputs.calendar_indices.elements(); ++i)
    inputs.calendar_indices.mutable_data<std::int64_t>()[i] = i % 7;
  inputs.future_values = random_normal({batch, steps, sizes.future_covariates}, 0, 1, generator);
  return inputs;
}

// Done-when 6 of the issue: what the decoder rolls out step by step is what its masked pass gives.
TEST(TimeTransformer, RollingEqualsTheMaskedPassOverWhatItRolled) {
  for (const bool use_norm : {false, true}) {
    TimeTransformerConfig config = rolling();
    config.use_norm = use_norm;
    const auto model = random_model(config);
    Generator generator{.seed = 8};
    const ForecastInputs inputs = random_inputs(model->sizes(), 3, generator);
    const ForecastOutput rolled = model->forecast(inputs, {});
    EXPECT_EQ(rolled.outputs.shape(), (Shape{3, 7, 2, 1}));
    EXPECT_EQ(rolled.scale.defined(), use_norm);
    const NoGrad no_grad;
    const Tensor fed_back = point_forecast(config.head, rolled);  // (B, H, C), in units of the series
    expect_near(model->teach(inputs, {fed_back}, {}).outputs, rolled.outputs, 1e-5, "fed back");
  }
}

TEST(TimeTransformer, OneStepAtATimeEqualsTheMaskedPassOverTheTruth) {
  const auto model = random_model(rolling());
  Generator generator{.seed = 9};
  const ForecastInputs inputs = random_inputs(model->sizes(), 2, generator);
  const Tensor truth = random_normal({2, 7, 2}, 0, 1, generator);
  const NoGrad no_grad;
  const Tensor expected = model->teach(inputs, {truth}, {}).outputs;  // (B, H, C, 1)
  const nn::TimeMarks marks{inputs.calendar, inputs.calendar_indices, inputs.future_values};
  nn::DecoderCache cache = model->make_cache(model->encode(inputs, {}));
  const Tensor past = ops::slice(inputs.past, 2, 0, 2);
  for (std::int64_t step = 8; step < 18; ++step) {  // values 7 .. 11 of the past, then the truth
    const Tensor value =
        step < 13 ? ops::slice(past, 1, step - 1, step) : ops::slice(truth, 1, step - 13, step - 12);
    const Tensor got = model->decode(value, marks.steps(step, step + 1), cache, {});
    if (step >= 12) {
      expect_near(got, ops::slice(expected, 1, step - 12, step - 11), 1e-5, fmt::format("step {}", step));
    }
  }
}

TEST(TimeTransformer, TheMaskedPassSeesNoTruthOfTheFuture) {
  const auto model = random_model(rolling());
  Generator generator{.seed = 10};
  const ForecastInputs inputs = random_inputs(model->sizes(), 1, generator);
  const NoGrad no_grad;
  const Tensor truth = random_normal({1, 7, 2}, 0, 1, generator);
  const Tensor before = model->teach(inputs, {truth}, {}).outputs;
  const Tensor changed = ops::concatenate(
      {ops::slice(truth, 1, 0, 4), random_normal({1, 3, 2}, 0, 1, generator)}, 1);  // steps 4, 5 and 6 differ
  const Tensor after = model->teach(inputs, {changed}, {}).outputs;
  expect_near(ops::slice(after, 1, 0, 5), ops::slice(before, 1, 0, 5), 0, "steps that know the same");
  EXPECT_NE(ops::contiguous(ops::slice(after, 1, 5, 6)).to_vector<float>(),
            ops::contiguous(ops::slice(before, 1, 5, 6)).to_vector<float>());
}

// Every part of the input reaches the forecast, and every parameter gets a gradient.
TEST(TimeTransformer, EveryKindOfEmbeddingLearns) {
  Generator generator{.seed = 4};
  for (const auto kind : {nn::TemporalEmbeddingKind::fixed, nn::TemporalEmbeddingKind::learned,
                          nn::TemporalEmbeddingKind::scaled}) {
    for (const auto value : {nn::ValueEmbeddingKind::linear, nn::ValueEmbeddingKind::convolution1,
                             nn::ValueEmbeddingKind::convolution3}) {
      for (const bool concatenated : {false, true}) {
        TimeTransformerConfig config = small();
        config.embed = kind;
        config.value_embedding = value;
        config.concatenate_temporal = concatenated;
        const auto model = random_model(config);
        for (const auto& parameter : model->parameters().all()) require_gradient(parameter.tensor);
        const ForecastInputs inputs = random_inputs(config.sizes, 2, generator);
        backward(squared_error(model->forecast(inputs, {.training = true, .random = &generator}),
                               Tensor::zeros({2, 7, 2})));
        for (const auto& parameter : model->parameters().all())
          EXPECT_TRUE(gradient_of(parameter.tensor).defined()) << parameter.name;
        const NoGrad no_grad;
        ForecastInputs other = inputs;
        other.future_values = ops::scale(inputs.future_values, 2);
        EXPECT_NE(model->forecast(other, {}).outputs.to_vector<float>(),
                  model->forecast(inputs, {}).outputs.to_vector<float>());
      }
    }
  }
}

TEST(TimeTransformer, HeadsOnlyChangeTheOutputs) {
  TimeTransformerConfig config = rolling();
  config.sizes.calendar.clear();
  config.sizes.future_covariates = 0;
  config.head = {ForecastHead::Kind::quantiles, {0.1, 0.5, 0.7, 0.9}};
  Generator generator{.seed = 6};
  ForecastInputs inputs;
  inputs.past = random_normal({2, 12, 3}, 0, 1, generator);
  const NoGrad no_grad;
  const auto quantiles = random_model(config);
  const Tensor rolled = quantiles->forecast(inputs, {}).outputs;
  EXPECT_EQ(rolled.shape(), (Shape{2, 7, 2, 4}));
  // The median goes on.
  const Tensor median = point_forecast(config.head, {rolled});  // (B, H, C)
  expect_near(quantiles->teach(inputs, {median}, {}).outputs, rolled, 1e-5, "median");
  config.head = {ForecastHead::Kind::student_t, {}};
  EXPECT_EQ(random_model(config)->forecast(inputs, {}).outputs.shape(), (Shape{2, 7, 2, 3}));
}

TEST(TimeTransformer, NormalisedForecastsMoveWithThePast) {
  using Kind = ForecastHead::Kind;
  for (TimeTransformerConfig config : {small(), rolling()}) {
    config.use_norm = true;
    for (const ForecastHead& head :
         {ForecastHead{}, ForecastHead{.kind = Kind::quantiles, .quantiles = {0.1, 0.5, 0.9}},
          ForecastHead{.kind = Kind::student_t, .quantiles = {}}}) {
      config.head = head;
      Generator generator{.seed = 13};
      testing::expect_forecasts_move_with_the_past(*random_model(config),
                                                   random_inputs(config.sizes, 2, generator));
    }
  }
}

// What a model without normalisation makes of windows that were normalised beforehand, gradients too.
TEST(TimeTransformer, NormalisationIsThatOfPastAndTruthByTheWindow) {
  for (TimeTransformerConfig config : {small(), rolling()}) {
    const auto plain = random_model(config);
    config.use_norm = true;
    const auto normalising = random_model(config);  // of the same weights
    Generator generator{.seed = 14};
    ForecastInputs inputs = random_inputs(config.sizes, 2, generator);
    ForecastTruth truth{.values = random_normal({2, 7, 2}, 0, 1, generator),
                        .observed = Tensor::full({2, 7, 2}, 1)};
    inputs.observed = Tensor::full(inputs.past.shape(), 1);
    inputs.past.mutable_data<float>()[4] = inputs.observed.mutable_data<float>()[4] = 0;
    truth.values.mutable_data<float>()[4] = truth.observed.mutable_data<float>()[4] = 0;
    ForecastInputs by_hand = inputs;
    ForecastTruth truth_by_hand = truth;
    by_hand.past = Tensor::zeros(inputs.past.shape());
    truth_by_hand.values = Tensor::zeros(truth.values.shape());
    for (std::int64_t row = 0; row < 2 * 3; ++row) {  // windows, channels
      const std::int64_t first = row / 3 * 12 * 3 + row % 3, first_truth = row / 3 * 7 * 2 + row % 3;
      double count = 0, sum = 0, squares = 0;
      for (std::int64_t i = first; i < first + 12 * 3; i += 3) {
        const double seen = inputs.observed.data<float>()[i], x = inputs.past.data<float>()[i];
        count += seen, sum += seen * x, squares += seen * x * x;
      }
      const double mean = sum / count, scale = std::sqrt(squares / count - mean * mean + 1e-5);
      const auto move = [&](const Tensor& from, const Tensor& observed, std::int64_t i, const Tensor& to) {
        if (observed.data<float>()[i] != 0)
          to.mutable_data<float>()[i] = static_cast<float>((from.data<float>()[i] - mean) / scale);
      };
      for (std::int64_t i = first; i < first + 12 * 3; i += 3)
        move(inputs.past, inputs.observed, i, by_hand.past);
      for (std::int64_t i = first_truth; row % 3 < 2 && i < first_truth + 7 * 2; i += 2)
        move(truth.values, truth.observed, i, truth_by_hand.values);
    }
    for (const auto* model : {plain.get(), normalising.get()}) {
      for (const auto& parameter : model->parameters().all()) require_gradient(parameter.tensor);
    }
    const Tensor expected = plain->teach(by_hand, truth_by_hand, {}).outputs;
    const Tensor got = normalising->teach(inputs, truth, {}).outputs;
    expect_near(got, expected, 1e-5, "outputs");
    backward(ops::mean(ops::multiply(expected, expected)));
    backward(ops::mean(ops::multiply(got, got)));
    for (const auto& parameter : normalising->parameters().all())
      expect_near(gradient_of(parameter.tensor), gradient_of(plain->parameters().at(parameter.name).tensor),
                  1e-5, parameter.name);
  }
}

TEST(TimeTransformer, TrainsInBFloat16NearlyAsInFloat32) {
  const auto model = random_model(small());
  Generator generator{.seed = 12};
  const ForecastInputs inputs = random_inputs(model->sizes(), 2, generator);
  const NoGrad no_grad;
  expect_near(model->forecast(inputs, {.compute = DType::bfloat16}).outputs,
              model->forecast(inputs, {}).outputs, 0.2, "bfloat16");
}

TEST(TimeTransformer, ShowsWhatItLookedAt) {
  const NoGrad no_grad;
  for (const auto& config : {small(), rolling()}) {
    const auto model = random_model(config);
    Generator generator{.seed = 12};
    nn::AttentionWeights weights;
    nn::Context context;
    context.attention = &weights;
    const ForecastInputs inputs = random_inputs(config.sizes, 1, generator);
    expect_near(model->forecast(inputs, context).outputs, model->forecast(inputs, {}).outputs, 1e-5,
                "looked at");
    const std::int64_t steps = config.decoding == small().decoding ? 12 : 11;
    ASSERT_EQ(weights.self.size(), 4U);   // two layers of the encoder, then two of the decoder
    ASSERT_EQ(weights.cross.size(), 2U);  // of the decoder to the past
    EXPECT_EQ(weights.self[1].shape(), (Shape{1, 2, 12, 12}));
    EXPECT_EQ(weights.self[3].shape(), (Shape{1, 2, steps, steps}));
    EXPECT_EQ(weights.cross[1].shape(), (Shape{1, 2, steps, 12}));
  }
}

TEST(TimeTransformer, SavesWhatItLoads) {
  const io::TestDirectory directory;
  TimeTransformerConfig config = rolling();
  config.embed = nn::TemporalEmbeddingKind::learned;
  config.value_embedding = nn::ValueEmbeddingKind::linear;
  config.concatenate_temporal = true;
  config.use_norm = true;
  config.head = {ForecastHead::Kind::quantiles, {0.25, 0.5}};
  const auto model = random_model(config);
  model->save(directory.path());
  const auto again = load_time_transformer(directory.path());
  Generator generator{.seed = 2};
  const ForecastInputs inputs = random_inputs(config.sizes, 1, generator);
  EXPECT_EQ(again->forecast(inputs, {}).outputs.to_vector<float>(),
            model->forecast(inputs, {}).outputs.to_vector<float>());
  // And those of the library come back under its names, without its table of positions.
  const auto golden = load_time_transformer(directory_of("transformer_timeF"));
  golden->save(directory.path());
  const io::Safetensors before(directory_of("transformer_timeF") / "model.safetensors"),
      after(directory.path());
  EXPECT_EQ(after.tensors().size() + 2, before.tensors().size());
  for (const io::TensorView& tensor : after.tensors()) {
    ASSERT_NE(before.find(tensor.name), nullptr) << tensor.name;
    EXPECT_EQ(before.find(tensor.name)->shape, tensor.shape) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(before.find(tensor.name)->bytes, tensor.bytes)) << tensor.name;
  }
}

std::string refusal(const nlohmann::json& changes) {
  const io::TestDirectory directory;
  write_time_transformer_config(small(), directory.path());
  auto object = nlohmann::json::parse(io::read_text(directory.path() / "config.json"));
  object.merge_patch(changes);
  std::ofstream(directory.path() / "config.json") << object.dump();
  try {
    read_time_transformer_config(directory.path());
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TimeTransformerConfig, RefusesByFileAndField) {
  using ::testing::HasSubstr;
  EXPECT_THAT(refusal({{"model_type", "informer"}}),
              HasSubstr("is \"informer\", expected \"time_transformer\""));
  EXPECT_THAT(refusal({{"seq_len", nullptr}}), HasSubstr("config.json: \"seq_len\" is missing"));
  EXPECT_THAT(refusal({{"d_model", 9}}), HasSubstr("config.json: d_model is 9, expected an even number"));
  EXPECT_THAT(refusal({{"n_heads", 3}}), HasSubstr("config.json: n_heads is 3, which does not divide"));
  EXPECT_THAT(refusal({{"label_len", 13}}), HasSubstr("label_len is 13, expected 0 .. 12"));
  EXPECT_THAT(refusal({{"decoding", "autoregressive"}, {"label_len", 0}}), HasSubstr("expected 1 .. 12"));
  EXPECT_THAT(refusal({{"decoding", "both"}}), HasSubstr("\"decoding\" is \"both\", expected one of"));
  EXPECT_THAT(refusal({{"embed", "time"}}), HasSubstr("\"embed\" is \"time\", expected one of \"fixed\""));
  EXPECT_THAT(refusal({{"activation", "elu"}}), HasSubstr("\"relu\", \"gelu\""));
  EXPECT_THAT(refusal({{"dropout", 1}}), HasSubstr("dropout is 1"));
  EXPECT_THAT(refusal({{"e_layers", "2"}}), HasSubstr("\"e_layers\" is \"2\", which has the wrong type"));
}

TEST(TimeTransformer, NamesInputsThatDoNotFit) {
  using ::testing::HasSubstr;
  const auto model = random_model(small());
  Generator generator{.seed = 12};
  const auto message = [&](auto change) {
    ForecastInputs inputs = random_inputs(model->sizes(), 2, generator);
    change(inputs);
    try {
      model->forecast(inputs, {});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(message([](ForecastInputs& i) {
                i.past = Tensor::zeros({2, 12, 4});
              }),
              HasSubstr("the past is float32 [2, 12, 4], expected float32 (B, 12, 3)"));
  EXPECT_THAT(message([](ForecastInputs& i) { i.calendar = {}; }),
              HasSubstr("(B, T, 2) of type float32, got none"));
  EXPECT_THAT(message([](ForecastInputs& i) {
                i.future_values = Tensor::zeros({2, 19, 3});
              }),
              HasSubstr("expected known covariates (B, T, 2)"));
}

}  // namespace
}  // namespace attune::models
