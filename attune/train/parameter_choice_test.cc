#include "attune/train/parameter_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/autograd/tape.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/models/t5/t5.h"
#include "attune/models/text/heads.h"
#include "attune/train/arena.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::train {
namespace {

using models::SequenceClassifier;
using ::testing::ElementsAre;
using testing::Golden;
using testing::golden_directory;
using ::testing::HasSubstr;

class ParameterChoiceTest : public ::testing::Test {
 protected:
  std::set<std::string> frozen(const std::vector<std::string>& patterns) const {
    return frozen_parameters(bert_->parameters(), bert_->weight_table(), patterns);
  }
  static ::testing::Matcher<std::function<void()>> refuses(const std::string& words) {
    return ::testing::Throws<UsageError>(::testing::Property(&UsageError::what, HasSubstr(words)));
  }

  std::unique_ptr<SequenceClassifier> bert_ =
      models::load_text_model<SequenceClassifier>(golden_directory("encoders", "bert/classification"));
};

TEST_F(ParameterChoiceTest, PatternsFitNamesOfTheCheckpoint) {
  EXPECT_THAT(frozen({"bert.pooler.dense.bias", "bert.embeddings.*_embeddings.weight"}),
              ElementsAre("embeddings.position.weight", "embeddings.token_type.weight",
                          "embeddings.word.weight", "pooler.bias"));
  EXPECT_THAT(frozen({"*.layer.[0-3].*.quer?.*", "*.key.*", "*.value.*"}),
              ElementsAre("layers.0.self_attention.query_key_value.bias",
                          "layers.0.self_attention.query_key_value.weight"));
  EXPECT_THAT(frozen({}), ::testing::IsEmpty());
}

TEST_F(ParameterChoiceTest, PatternsThatDoNotFitAreRefused) {
  EXPECT_THAT([&] { frozen({"bert.embedings.word_embeddings.weight"}); },
              refuses("--freeze \"bert.embedings.word_embeddings.weight\" fits none of the"));
  EXPECT_THAT(
      [&] {
        frozen({"*", "bert.embedings.word_embeddings.weight"});
      },
      refuses("; the nearest is bert.embeddings.word_embeddings.weight"));
  EXPECT_THAT([&] { frozen({"clasifier.*"}); }, refuses("; the nearest is classifier."));
  EXPECT_THAT([&] { frozen({"*.query.weight"}); },
              refuses("self.query.weight but not bert.encoder.layer.0.attention.self.key.weight, which are "
                      "trained as one"));
  EXPECT_THAT([&] { frozen({"*.bias", "*.weight"}); }, refuses("nothing left to train"));
}

models::TextBatch batch_of(const Golden& golden) {
  return {golden.integers("input_ids"), golden.mask("attention_mask"),
          golden.has("token_type_ids") ? golden.integers("token_type_ids") : Tensor()};
}

// The gradients of all parameters but `frozen`.
template <typename Model, typename Loss>
std::map<std::string, Tensor> gradients(const Model& model, const Loss& loss, DType dtype,
                                        const std::string& frozen) {
  const Arena arena(model.parameters(),
                    {.trainable = [&](const nn::Parameter& p) { return p.name != frozen; },
                     .bfloat16_copies = dtype == DType::bfloat16});
  backward(loss({.compute = dtype}));
  std::map<std::string, Tensor> found;
  for (const Segment& segment : arena.segments()) found.emplace(segment.name, gradient_of(segment.parameter));
  return found;
}

// Every gradient that is still asked for is what it was, whichever of the others is not.
template <typename Model, typename Loss>
void expect_gradients_without_each(const Model& model, const Golden& golden, const Loss& loss) {
  const auto whole = gradients(model, loss, DType::bfloat16, "");
  for (const nn::Parameter& frozen : model.parameters().all()) {
    SCOPED_TRACE("without " + frozen.name);
    for (const auto& [name, gradient] : gradients(model, loss, DType::float32, frozen.name)) {
      testing::expect_near(gradient, golden.like("grad.", model.weight_table(), model.parameters().at(name)),
                           1e-4, name);
    }
    for (const auto& [name, gradient] : gradients(model, loss, DType::bfloat16, frozen.name))
      testing::expect_near(gradient, whole.at(name), 1e-6, name + " in bfloat16");
  }
}

TEST(Freezing, LeavesOtherGradientsAsTheyAreInEncoders) {
  for (const char* family : {"bert", "roberta", "distilbert", "albert"}) {
    SCOPED_TRACE(family);
    const auto directory = golden_directory("encoders", std::string(family) + "/classification");
    const Golden golden(directory);
    const auto model = models::load_text_model<SequenceClassifier>(directory);
    expect_gradients_without_each(*model, golden, [&](const nn::Context& context) {
      return model->loss(batch_of(golden), golden.integers("labels"), context);
    });
  }
}

TEST(Freezing, LeavesOtherGradientsAsTheyAreInEncoderDecoders) {
  for (const auto& [family, name] : {std::pair("marian", "paper"), std::pair("t5", "v1_1")}) {
    SCOPED_TRACE(family);
    const Golden golden(golden_directory(family, name));
    const auto model = models::load_sequence_to_sequence_model(golden_directory(family, name));
    expect_gradients_without_each(*model, golden, [&](const nn::Context& context) {
      return model->loss({golden.integers("input_ids"), golden.mask("attention_mask")},
                         {golden.integers("decoder_input_ids"), {}}, golden.integers("labels"), 0, context);
    });
  }
}

TEST(LayerFactors, CountFromTheTop) {
  const auto gpt = models::load_causal_language_model(golden_directory("gpt2", "odd"));
  const auto of_gpt = layer_factors(gpt->parameters(), gpt->weight_table(), 0.5);
  EXPECT_EQ(of_gpt.at("final_norm.weight"), 1);
  EXPECT_EQ(of_gpt.at("layers.1.feed_forward.expand.weight"), 0.5);
  EXPECT_EQ(of_gpt.at("layers.0.attention_norm.bias"), 0.25);
  EXPECT_EQ(of_gpt.at("token_embedding.weight"), 0.125);

  const auto albert =
      models::load_text_model<SequenceClassifier>(golden_directory("encoders", "albert/classification"));
  const auto of_albert = layer_factors(albert->parameters(), albert->weight_table(), 0.5);
  EXPECT_EQ(of_albert.at("classifier.weight"), 1);
  EXPECT_EQ(of_albert.at("pooler.bias"), 1);
  EXPECT_EQ(of_albert.at("layers.0.feed_forward_norm.bias"), 0.5) << "one layer, called twice";
  EXPECT_EQ(of_albert.at("embeddings.word.weight"), 0.25);
}

TEST(LayerFactors, EachStackCountsFromItsOwnTop) {
  models::T5Config config;
  config.vocab_size = 8;
  config.d_model = config.d_kv = config.d_ff = 4;
  config.num_heads = 1;
  config.num_layers = 3;
  config.num_decoder_layers = 1;
  const models::T5 t5(config);
  const auto factors = layer_factors(t5.parameters(), t5.weight_table(), 0.5);
  EXPECT_EQ(factors.at("decoder.layers.0.cross_attention.query.weight"), 0.5);
  EXPECT_EQ(factors.at("encoder.layers.2.feed_forward.contract.weight"), 0.5);
  EXPECT_EQ(factors.at("encoder.layers.0.feed_forward.contract.weight"), 0.125);
  EXPECT_EQ(factors.at("encoder.final_norm.weight"), 1);
  EXPECT_EQ(factors.at("embedding.weight"), 0.0625);
}

// Ten steps of AdamW with a group of parameters for every layer (tests/goldens/make_layer_decay.py).
TEST(LayerFactors, TenStepsAreTorchs) {
  for (const char* family : {"bert", "distilbert"}) {
    SCOPED_TRACE(family);
    const auto directory = golden_directory("encoders", std::string(family) + "/classification");
    const Golden golden(directory), after(golden_directory("layer_decay", family));
    const auto model = models::load_text_model<SequenceClassifier>(directory);
    Arena arena(
        model->parameters(),
        {.learning_rate_factor = [factors = layer_factors(model->parameters(), model->weight_table(), 0.65)](
                                     const nn::Parameter& parameter) { return factors.at(parameter.name); }});
    Optimizer optimizer(arena, {.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-5, .weight_decay = 0.1});
    const auto losses = after.floats("losses").to_vector<float>();
    for (std::size_t step = 0; step < losses.size(); ++step) {
      const Tensor loss = model->loss(batch_of(golden), golden.integers("labels"), {});
      EXPECT_NEAR(loss.item(), losses[step], 1e-5) << "step " << step;
      backward(loss);
      arena.finish_gradients();
      optimizer.step(1e-3);
    }
    for (const nn::Parameter& parameter : model->parameters().all())
      testing::expect_near(parameter.tensor, after.like("after.", model->weight_table(), parameter), 1e-5,
                           parameter.name);
  }
}

}  // namespace
}  // namespace attune::train
