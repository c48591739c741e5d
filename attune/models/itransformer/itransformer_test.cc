// iTransformer against the Time-Series-Library: tests/goldens/make_tsl_linear.py made what is expected.
#include "attune/models/itransformer/itransformer.h"

#include <fstream>

#include "attune/io/test_directory.h"
#include "tests/models/forecast_golden.h"

namespace attune::models {
namespace {

using testing::expect_near;
using testing::Golden;

std::filesystem::path directory_of(const std::string& name) {
  return testing::golden_directory("tsl_linear", name);
}

constexpr auto names = {"itransformer", "itransformer_relu"};

TEST(ITransformer, ForecastsLossAndGradients) {
  for (const char* name : names) {
    const auto model = load_itransformer(directory_of(name));
    const Golden golden(directory_of(name));
    testing::expect_forecast(*model, golden, 2e-5);
    testing::expect_gradients(*model, golden, 5e-5);
  }
}

TEST(ITransformer, AttentionWeightsAreAmongVariates) {
  for (const char* name : names) {
    const auto model = load_itransformer(directory_of(name));
    const Golden golden(directory_of(name));
    nn::AttentionWeights seen;
    const NoGrad no_grad;
    model->forecast(testing::inputs_of(golden), {.attention = &seen});
    ASSERT_EQ(std::ssize(seen.self), model->config().e_layers);
    for (std::size_t i = 0; i < seen.self.size(); ++i)
      expect_near(seen.self[i], golden.floats("attentions." + std::to_string(i)), 1e-5, name);
  }
}

TEST(ITransformer, TenAdamWSteps) {
  for (const char* name : names)
    testing::expect_adamw(*load_itransformer(directory_of(name)), Golden(directory_of(name)));
}

TEST(ITransformer, SavingGivesBackEveryTensorBitForBit) {
  const io::TestDirectory directory;
  for (const char* name : names) {
    load_itransformer(directory_of(name))->save(directory.path());
    testing::expect_same_tensors(directory_of(name), directory.path());
    testing::expect_forecast(*load_itransformer(directory.path()), Golden(directory_of(name)), 2e-5);
  }
}

// Covariates of past and future, the calendar of the horizon, and each head.
struct Whole {
  ITransformerConfig config;
  ForecastInputs inputs;
  Tensor truth;

  explicit Whole(const ForecastHead& head) {
    config.sizes = {.context = 6, .horizon = 3, .targets = 2, .past_covariates = 1, .future_covariates = 2};
    config.sizes.calendar = {{"hour", 24}, {"holiday", 2}};
    config.head = head;
    config.d_model = config.d_ff = 8;
    config.n_heads = 2;
    config.dropout = 0;
    config.future_calendar = true;
    Generator generator{.seed = 5};
    inputs.past = random_normal({4, 6, 3}, 0, 1, generator);
    inputs.calendar = random_uniform({4, 9, 2}, -0.5, 0.5, generator);
    inputs.future_values = random_normal({4, 9, 2}, 0, 1, generator);
    truth = random_normal({4, 3, 2}, 0, 1, generator);
  }
};

TEST(ITransformer, TheFutureThatIsKnownBearsOnForecastsOfEveryHead) {
  using Kind = ForecastHead::Kind;
  for (const ForecastHead& head :
       {ForecastHead{}, ForecastHead{.kind = Kind::quantiles, .quantiles = {0.1, 0.5, 0.9}},
        ForecastHead{.kind = Kind::student_t, .quantiles = {}}}) {
    Whole whole(head);
    const ITransformer model(whole.config);
    Generator generator{.seed = 6};
    model.initialize(generator);
    for (const auto& parameter : model.parameters().all()) require_gradient(parameter.tensor);
    const ForecastOutput output = model.forecast(whole.inputs, {.training = true});
    EXPECT_EQ(output.outputs.shape(), (Shape{4, 3, 2, head.outputs()}));
    backward(forecast_loss(head, output, whole.truth, {}, PointLoss::mse));
    for (const auto& parameter : model.parameters().all())
      EXPECT_TRUE(gradient_of(parameter.tensor).defined()) << parameter.name;

    const NoGrad no_grad;
    const Tensor outputs = model.forecast(whole.inputs, {}).outputs;
    const auto before = outputs.to_vector<float>();
    for (const Tensor& known : {whole.inputs.calendar, whole.inputs.future_values}) {
      known.mutable_data<float>()[8 * 2] += 1;  // of the first window's last step
      const auto after = model.forecast(whole.inputs, {}).outputs.to_vector<float>();
      EXPECT_NE(before.front(), after.front());
      EXPECT_EQ(before.back(), after.back());  // another window
      known.mutable_data<float>()[8 * 2] -= 1;
    }
    const io::TestDirectory directory;
    model.save(directory.path());
    const auto again = load_itransformer(directory.path());
    expect_near(again->forecast(whole.inputs, {}).outputs, outputs, 1e-6, "read again");
  }
}

TEST(ITransformer, TrainsInBFloat16NearlyAsInFloat32) {
  const Golden golden(directory_of("itransformer"));
  const auto model = load_itransformer(directory_of("itransformer"));
  train::Arena arena(model->parameters(), {.bfloat16_copies = true});
  const Tensor loss = testing::loss_of(*model, golden, {.training = true, .compute = DType::bfloat16});
  EXPECT_NEAR(loss.item(), golden.floats("loss").item(), 0.03 * golden.floats("loss").item());
  backward(loss);
  arena.finish_gradients();
}

TEST(ITransformer, AMissingValueIsTheMeanOfItsWindow) {
  const auto model = load_itransformer(directory_of("itransformer_relu"));
  ForecastInputs inputs = testing::inputs_of(Golden(directory_of("itransformer_relu")));
  inputs.observed = Tensor::full(inputs.past.shape(), 1);
  inputs.observed.mutable_data<float>()[2] = 0;
  const NoGrad no_grad;
  const auto before = model->forecast(inputs, {}).outputs.to_vector<float>();
  const Tensor other = Tensor::empty(inputs.past.shape());
  other.copy_from(inputs.past);
  other.mutable_data<float>()[2] = 77;
  inputs.past = other;
  EXPECT_EQ(model->forecast(inputs, {}).outputs.to_vector<float>(), before);
}

TEST(ITransformer, RefusesByNameWhatItDoesNotHave) {
  const io::TestDirectory directory;
  for (const auto& [fields, message] :
       std::vector<std::pair<std::string, std::string>>{{R"("model_type": "informer")", "model_type"},
                                                        {R"("d_model": 30)", "d_model 30"},
                                                        {R"("activation": "tanh")", "activation is tanh"},
                                                        {R"("activation": "mish")", "mish"},
                                                        {R"("e_layers": 100000)", "e_layers is 100000"},
                                                        {R"("dropout": 1)", "dropout is 1"},
                                                        {R"("pred_len": 0)", "pred_len is 0"}}) {
    std::ofstream(directory.path() / "config.json") << "{" << fields << "}";
    try {
      read_itransformer_config(directory.path());
      ADD_FAILURE() << fields;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("config.json")) << fields;
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message)) << fields;
    }
  }
  const ITransformer model(ITransformerConfig{});
  EXPECT_THROW(model.forecast(testing::inputs_of(Tensor::zeros({1, 95, 1})), {}), Error);
}

}  // namespace
}  // namespace attune::models
