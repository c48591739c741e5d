// PatchTST against Hugging Face transformers: tests/goldens/make_patchtst.py made what is expected.
#include "attune/models/patchtst/patchtst.h"

#include <fstream>

#include "attune/io/test_directory.h"
#include "tests/models/forecast_golden.h"

namespace attune::models {
namespace {

using testing::expect_near;
using testing::Golden;

std::filesystem::path directory_of(const std::string& name) {
  return testing::golden_directory("patchtst", name);
}

constexpr auto names = {"plain", "paper", "layernorm", "post", "channels", "student_t"};

// Hugging Face sums the likelihoods of the channels where we take their mean.
double factor_of(const PatchTst& model) {
  return model.head().kind == ForecastHead::Kind::student_t ? static_cast<double>(model.sizes().targets) : 1;
}

TEST(PatchTst, ForecastsAndLoss) {
  for (const char* name : names) {
    const auto model = load_patchtst(directory_of(name));
    const Golden golden(directory_of(name));
    const NoGrad no_grad;
    const ForecastOutput output = model->forecast(testing::inputs_of(golden), {});
    expect_near(point_forecast(model->head(), output), golden.floats("forecast"), 1e-5, name);
    EXPECT_NEAR(testing::loss_of(*model, golden).item() * factor_of(*model), golden.floats("loss").item(),
                1e-5 * (1 + golden.floats("loss").item()))
        << name;
  }
}

TEST(PatchTst, EveryGradientInEvaluation) {
  for (const char* name : names) {
    const auto model = load_patchtst(directory_of(name));
    testing::expect_gradients(*model, Golden(directory_of(name)), 1e-4, {}, factor_of(*model));
  }
}

TEST(PatchTst, EveryGradientAndTheRunningMomentsInTraining) {
  for (const char* name : names) {
    const auto model = load_patchtst(directory_of(name));
    const Golden golden(directory_of(name));
    for (const auto& parameter : model->parameters().all())
      if (parameter.trained) require_gradient(parameter.tensor);
    const Tensor loss = testing::loss_of(*model, golden, {.training = true});
    EXPECT_NEAR(loss.item() * factor_of(*model), golden.floats("train.loss").item(),
                1e-5 * (1 + golden.floats("train.loss").item()))
        << name;
    backward(loss, Tensor::full({}, factor_of(*model)));
    for (const auto& parameter : model->parameters().all()) {
      const std::string what = std::string(name) + " " + parameter.name;
      if (parameter.trained) {
        expect_near(gradient_of(parameter.tensor),
                    golden.like("train.grad.", model->weight_table(), parameter), 1e-4, what);
      } else if (parameter.name.find("running") != std::string::npos) {
        expect_near(parameter.tensor, golden.like("train.after.", model->weight_table(), parameter), 1e-5,
                    what);
      }
    }
  }
}

TEST(PatchTst, TenAdamWSteps) {
  for (const char* name : names) {
    const auto model = load_patchtst(directory_of(name));
    if (model->head().kind == ForecastHead::Kind::point)
      testing::expect_adamw(*model, Golden(directory_of(name)));
  }
}

TEST(PatchTst, WhatIsMissingCountsAsInHuggingFace) {
  for (const char* name : names) {
    const auto model = load_patchtst(directory_of(name));
    const Golden golden(directory_of(name));
    const NoGrad no_grad;
    ForecastInputs inputs;
    inputs.past = golden.floats("missing.past");
    inputs.observed = golden.floats("missing.observed");
    expect_near(point_forecast(model->head(), model->forecast(inputs, {})), golden.floats("missing.forecast"),
                2e-5, name);
  }
}

TEST(PatchTst, AttentionWeightsAreAmongPatches) {
  for (const char* name : {"plain", "paper", "layernorm", "post"}) {
    const auto model = load_patchtst(directory_of(name));
    const Golden golden(directory_of(name));
    nn::AttentionWeights seen;
    const NoGrad no_grad;
    model->forecast(testing::inputs_of(golden), {.attention = &seen});
    ASSERT_EQ(std::ssize(seen.self), model->config().num_hidden_layers);
    for (std::size_t i = 0; i < seen.self.size(); ++i)
      expect_near(seen.self[i], golden.floats("attentions." + std::to_string(i)), 1e-5, name);
  }
}

TEST(PatchTst, SavingGivesBackEveryTensorBitForBit) {
  for (const char* name : names) {
    const io::TestDirectory directory;
    const auto model = load_patchtst(directory_of(name));
    model->save(directory.path());
    const io::Safetensors before(directory_of(name)), after(directory.path());
    for (const io::TensorView& tensor : before.tensors()) {
      const auto* again = after.find(tensor.name);
      ASSERT_NE(again, nullptr) << tensor.name;
      EXPECT_EQ(again->shape, tensor.shape) << tensor.name;
      EXPECT_TRUE(std::ranges::equal(again->bytes, tensor.bytes)) << tensor.name;
    }
    const auto again = load_patchtst(directory.path());
    const Golden golden(directory_of(name));
    const NoGrad no_grad;
    expect_near(point_forecast(again->head(), again->forecast(testing::inputs_of(golden), {})),
                golden.floats("forecast"), 1e-5, name);
  }
}

TEST(PatchTst, NewSinusoidsAreHuggingFaces) {
  const auto reference = load_patchtst(directory_of("plain"));
  const PatchTst model(reference->config());
  Generator generator{.seed = 2};
  model.initialize(generator);
  expect_near(model.parameters().at("positions").tensor, reference->parameters().at("positions").tensor, 1e-6,
              "positions");
}

// What goes beyond Hugging Face: the padding of the paper, maps for each channel, the calendar, every head.
PatchTstConfig whole_config(const ForecastHead& head, nn::TemporalEmbeddingKind kind) {
  PatchTstConfig config;
  config.sizes = {.context = 12, .horizon = 3, .targets = 2, .past_covariates = 1, .future_covariates = 1};
  config.sizes.calendar = {{"hour", 24}, {"holiday", 2}};
  config.head = head;
  config.patch_length = 4;
  config.patch_stride = 2;
  config.d_model = config.ffn_dim = 8;
  config.num_attention_heads = config.num_hidden_layers = 2;
  config.ff_dropout = config.path_dropout = 0;
  config.channel_attention = true;
  config.share_embedding = config.share_projection = false;
  config.calendar_effect = kind;
  return config;
}

ForecastInputs whole_inputs(Generator& generator) {
  ForecastInputs inputs;
  inputs.past = random_normal({4, 12, 3}, 0, 1, generator);
  inputs.calendar = random_uniform({4, 15, 2}, -0.5, 0.5, generator);
  inputs.calendar_indices = Tensor::zeros({4, 15, 2}, DType::int64);
  for (std::int64_t i = 0; i < 60; ++i) {
    inputs.calendar_indices.mutable_data<std::int64_t>()[2 * i] = i % 24;
    inputs.calendar_indices.mutable_data<std::int64_t>()[2 * i + 1] = i % 2;
  }
  inputs.future_values = random_normal({4, 15, 1}, 0, 1, generator);
  return inputs;
}

const std::vector<ForecastHead> heads = {
    {},
    {.kind = ForecastHead::Kind::quantiles, .quantiles = {0.1, 0.5, 0.9}},
    {.kind = ForecastHead::Kind::student_t, .quantiles = {}}};

TEST(PatchTst, EveryParameterLearnsUnderEveryHead) {
  using Kind = nn::TemporalEmbeddingKind;
  for (const Kind kind : {Kind::scaled, Kind::fixed, Kind::learned}) {
    for (const ForecastHead& head : heads) {
      const PatchTst model(whole_config(head, kind));
      EXPECT_EQ(model.config().patches(), 6);  // one of them begins in the past and ends in the padding
      Generator generator{.seed = 6};
      model.initialize(generator);
      const ForecastInputs inputs = whole_inputs(generator);
      for (const auto& parameter : model.parameters().all())
        if (parameter.trained) require_gradient(parameter.tensor);
      const ForecastOutput output = model.forecast(inputs, {.training = true});
      EXPECT_EQ(output.outputs.shape(), (Shape{4, 3, 2, head.outputs()}));
      backward(forecast_loss(head, output, random_normal({4, 3, 2}, 0, 1, generator), {}, PointLoss::mse));
      for (const auto& parameter : model.parameters().all()) {
        EXPECT_EQ(gradient_of(parameter.tensor).defined(), parameter.trained) << parameter.name;
      }
      const NoGrad no_grad;
      const io::TestDirectory directory;
      model.save(directory.path());
      expect_near(load_patchtst(directory.path())->forecast(inputs, {}).outputs,
                  model.forecast(inputs, {}).outputs, 1e-6, "read again");
    }
  }
}

TEST(PatchTst, TheCalendarMovesForecastsAlone) {
  for (const ForecastHead& head : heads) {
    const PatchTst model(whole_config(head, nn::TemporalEmbeddingKind::scaled));
    Generator generator{.seed = 6};
    model.initialize(generator);
    const Tensor weight = model.parameters().at("calendar_effect.output.weight").tensor;
    const ForecastInputs inputs = whole_inputs(generator);
    const NoGrad no_grad;
    const auto forecast = [&] { return point_forecast(head, model.forecast(inputs, {})).to_vector<float>(); };
    const auto move_last_step = [&](float by) { inputs.calendar.mutable_data<float>()[14 * 2 + 1] += by; };
    const auto nothing = forecast();
    move_last_step(1);
    EXPECT_EQ(forecast(), nothing);  // it starts as nothing
    move_last_step(-1);
    weight.bind(random_normal(weight.shape(), 0, 1, generator));
    const auto before = forecast();
    move_last_step(1);
    const auto after = forecast();
    for (std::size_t i = 0; i < after.size(); ++i)  // (B, H, C): the last step of the first window
      EXPECT_EQ(after[i] != before[i], i == 4 || i == 5) << i;
  }
}

TEST(PatchTst, TrainsInBFloat16NearlyAsInFloat32) {
  for (const char* name : {"plain", "paper", "post"}) {
    const Golden golden(directory_of(name));
    const auto model = load_patchtst(directory_of(name));
    train::Arena arena(model->parameters(), {.bfloat16_copies = true});
    const Tensor loss = testing::loss_of(*model, golden, {.training = true, .compute = DType::bfloat16});
    const double expected = golden.floats("train.loss").item();
    EXPECT_NEAR(loss.item(), expected, 0.05 * expected) << name;
    backward(loss);
    arena.finish_gradients();
  }
}

TEST(PatchTst, RefusesByNameWhatItDoesNotHave) {
  const io::TestDirectory directory;
  for (const auto& [fields, message] : std::vector<std::pair<std::string, std::string>>{
           {R"("model_type": "patchtsmixer")", "model_type"},
           {R"("norm_type": "rmsnorm")", "\"norm_type\" is \"rmsnorm\""},
           {R"("positional_encoding_type": "rotary")", "rotary"},
           {R"("pooling_type": "max")", "\"pooling_type\" is \"max\""},
           {R"("scaling": "robust")", "robust"},
           {R"("scaling": 3)", "\"scaling\" is 3"},
           {R"("default_scale": 1.0)", "default_scale"},
           {R"("loss": "nll", "distribution_output": "normal")", "\"distribution_output\" is \"normal\""},
           {R"("activation_function": "mish")", "mish"},
           {R"("patch_length": 32)", "patch_length is 32"},
           {R"("d_model": 30)", "d_model 30"},
           {R"("num_hidden_layers": 100000)", "num_hidden_layers is 100000"},
           {R"("ff_dropout": 1.5)", "ff_dropout is 1.5"},
           {R"("num_input_channels": 3, "c_out": 2)", "past covariates (1 given)"},
           {R"("future_covariates": 2)", "future covariates (2 given)"},
           {R"("calendar_effect": "timeF")", "without a calendar"},
           {R"("context_length": -1)", "context_length is -1"}}) {
    std::ofstream(directory.path() / "config.json") << "{" << fields << "}";
    try {
      read_patchtst_config(directory.path());
      ADD_FAILURE() << fields;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("config.json")) << fields;
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message)) << fields;
    }
  }
}

}  // namespace
}  // namespace attune::models
