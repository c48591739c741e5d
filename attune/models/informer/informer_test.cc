// The Informer against the Time-Series-Library: tests/goldens/time_series_library/make_tsl_transformer.py
// made what is expected.
#include "attune/models/informer/informer.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "attune/autograd/tape.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
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

// The keys that the library tried, in the order of its passes.
nn::ProbSparseAttention::Sampler sampler_of(const Golden& golden, int& next) {
  return [&golden, &next](std::int64_t queries, std::int64_t, std::int64_t count) {
    const Tensor samples = golden.integers(fmt::format("samples.{}", next++));
    EXPECT_EQ(samples.shape(), (Shape{queries, count}));
    return samples;
  };
}

class InformerGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(InformerGolden, OutputLossAndEveryGradient) {
  const Golden golden(directory_of(GetParam()));
  const auto model = load_informer(directory_of(GetParam()));
  const Tensor truth = golden.floats("truth");
  int next = 0;
  model->set_sampler(sampler_of(golden, next));
  for (const std::string mode : {"eval", "train"}) {
    next = 0;
    for (const auto& parameter : model->parameters().all()) {
      if (!parameter.trained) continue;
      require_gradient(parameter.tensor);
      clear_gradient(parameter.tensor);
    }
    const ForecastOutput output = model->forecast(inputs_of(golden), {.training = mode == "train"});
    EXPECT_FALSE(golden.has(fmt::format("samples.{}", next)));
    expect_near(ops::reshape(output.outputs, truth.shape()), golden.floats(mode + ".output"), 1e-5, mode);
    const Tensor loss = squared_error(output, truth);
    EXPECT_NEAR(loss.item(), golden.floats(mode + ".loss").item(), 1e-5) << mode;
    backward(loss);
    for (const auto& parameter : model->parameters().all()) {
      if (parameter.trained) {
        expect_near(gradient_of(parameter.tensor),
                    golden.like(mode + ".grad.", model->weight_table(), parameter), 3e-5,
                    mode + " " + parameter.name);
      } else if (mode == "train") {
        expect_near(parameter.tensor, golden.like("train.after.", model->weight_table(), parameter), 1e-5,
                    parameter.name);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Directories, InformerGolden, ::testing::Values("informer_timeF", "informer_plain"),
                         [](const auto& info) { return info.param; });

TEST(Informer, TriesOtherKeysAtEveryStepOfTrainingAndTheSameInUse) {
  const auto model = load_informer(directory_of("informer_timeF"));
  const ForecastInputs inputs = inputs_of(Golden(directory_of("informer_timeF")));
  const NoGrad no_grad;
  const auto outputs = [&](const nn::Context& context) {
    return model->forecast(inputs, context).outputs.to_vector<float>();
  };
  Generator generator{.seed = 1};
  const auto used = outputs({.random = &generator});
  EXPECT_EQ(used, outputs({}));
  EXPECT_EQ(generator.counter, 0U);
  std::set<std::vector<float>> drawn;
  for (int pass = 0; pass < 4; ++pass) drawn.insert(outputs({.training = true, .random = &generator}));
  EXPECT_GT(drawn.size(), 1U);
  const std::uint64_t each = generator.counter / 4;
  EXPECT_EQ(each * 4, generator.counter);
  Generator again{.seed = 1};
  EXPECT_TRUE(
      drawn.contains(outputs({.training = true, .random = &again})));  // batch moments, not running ones
}

TEST(Informer, ShowsWhatItLookedAt) {
  const auto model = load_informer(directory_of("informer_timeF"));
  nn::AttentionWeights weights;
  nn::Context context;
  context.attention = &weights;
  const NoGrad no_grad;
  model->forecast(inputs_of(Golden(directory_of("informer_timeF"))), context);
  ASSERT_EQ(weights.self.size(), 5U);
  ASSERT_EQ(weights.cross.size(), 2U);
  EXPECT_EQ(weights.self[0].shape(), (Shape{3, 2, 24, 24}));
  EXPECT_EQ(weights.self[1].shape(), (Shape{3, 2, 13, 13}));
  EXPECT_EQ(weights.self[4].shape(), (Shape{3, 2, 16, 16}));
  EXPECT_EQ(weights.cross[1].shape(), (Shape{3, 2, 16, 8}));
  for (const float sum : ops::sum(weights.cross[1], -1).to_vector<float>()) EXPECT_NEAR(sum, 1, 1e-5);
}

InformerConfig small() {
  InformerConfig config;
  config.blocks.sizes = {.context = 20,
                         .horizon = 6,
                         .targets = 2,
                         .past_covariates = 1,
                         .future_covariates = 1,
                         .calendar = {{"hour", 24}}};
  config.blocks.head = {ForecastHead::Kind::student_t, {}};
  config.blocks.label_len = 4;
  config.blocks.d_model = 8;
  config.blocks.n_heads = 2;
  config.blocks.d_ff = 12;
  return config;
}

ForecastInputs random_inputs(Generator& generator) {
  ForecastInputs inputs;
  inputs.past = random_normal({2, 20, 3}, 0, 1, generator);
  inputs.calendar = random_uniform({2, 26, 1}, -0.5, 0.5, generator);
  inputs.future_values = random_normal({2, 26, 1}, 0, 1, generator);
  return inputs;
}

TEST(Informer, EveryParameterLearnsAndComesBackFromTheFile) {
  const io::TestDirectory directory;
  InformerConfig config = small();
  config.blocks.use_norm = true;
  const Informer model(config);
  Generator generator{.seed = 4};
  model.initialize(generator);
  testing::expect_forecasts_move_with_the_past(model, random_inputs(generator));
  for (const auto& parameter : model.parameters().all()) {
    if (parameter.trained) require_gradient(parameter.tensor);
  }
  const ForecastInputs inputs = random_inputs(generator);
  const Tensor outputs = model.forecast(inputs, {.training = true, .random = &generator}).outputs;
  EXPECT_EQ(outputs.shape(), (Shape{2, 6, 2, 3}));
  backward(ops::mean(ops::multiply(outputs, outputs)));
  for (const auto& parameter : model.parameters().all()) {
    EXPECT_EQ(gradient_of(parameter.tensor).defined(), parameter.trained) << parameter.name;
  }
  model.save(directory.path());
  // Which PyTorch does not do without.
  EXPECT_NE(io::Safetensors(directory.path()).find("encoder.conv_layers.0.norm.num_batches_tracked"),
            nullptr);
  const NoGrad no_grad;
  const auto again = load_informer(directory.path());
  EXPECT_EQ(again->forecast(inputs, {}).outputs.to_vector<float>(),
            model.forecast(inputs, {}).outputs.to_vector<float>());
  expect_near(again->forecast(inputs, {.compute = DType::bfloat16}).outputs,
              model.forecast(inputs, {}).outputs, 0.3, "bfloat16");
}

std::string refusal(const nlohmann::json& changes) {
  const io::TestDirectory directory;
  write_informer_config(small(), directory.path());
  auto object = nlohmann::json::parse(io::read_text(directory.path() / "config.json"));
  object.merge_patch(changes);
  std::ofstream(directory.path() / "config.json") << object.dump();
  try {
    read_informer_config(directory.path());
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(InformerConfig, RefusesByFileAndField) {
  using ::testing::HasSubstr;
  EXPECT_EQ(refusal(nlohmann::json::object()), "accepted");
  EXPECT_THAT(refusal({{"model_type", "informer"}}), HasSubstr("Hugging Face's model of that name"));
  EXPECT_THAT(refusal({{"model_type", "time_transformer"}}), HasSubstr("expected \"informer_tsl\""));
  EXPECT_THAT(refusal({{"factor", 0}}), HasSubstr("config.json: factor is 0, expected 1 .. 1024"));
  EXPECT_THAT(refusal({{"distil", 1}}), HasSubstr("\"distil\" is 1, which has the wrong type"));
  EXPECT_THAT(refusal({{"label_len", 21}}), HasSubstr("label_len is 21, expected 0 .. 20"));
}

}  // namespace
}  // namespace attune::models
