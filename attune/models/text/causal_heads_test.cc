// GPT's and GPT-2's heads against Hugging Face transformers: tests/goldens/make_gpt_heads.py made what is
// expected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/autograd/tape.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/models/text/heads.h"
#include "attune/ops/views/views.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;
using attune::testing::expect_near;
using attune::testing::Golden;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double lm_weight = 0.5;  // as in the script

fs::path directory_of(const std::string& name) { return fs::path(ATTUNE_GOLDENS) / "gpt_heads" / name; }

TextBatch batch_of(const Golden& golden, const std::string& kind = "") {
  const auto flat = [](const Tensor& t) { return ops::reshape(t, {-1, t.dim(-1)}); };  // choices are texts
  return {flat(golden.integers(kind + "input_ids")), flat(golden.mask(kind + "attention_mask"))};
}

// A head as its golden was made: what it gives for the golden's batch.
struct Head {
  std::string name;
  std::unique_ptr<TextModel> model;
  std::function<Tensor(const TextBatch&)> logits;
  std::function<Tensor(double weight)> loss;
};

Head choice_head(const fs::path& directory, const Golden& golden) {
  auto model = load_text_model<MultipleChoiceModel>(directory);
  const auto& m = *model;
  return {"choice", std::move(model), [&m](const TextBatch& batch) { return m.logits(batch, 3, {}); },
          [&m, &golden](double weight) {
            return m.loss(batch_of(golden), 3, golden.integers("labels"), weight, {});
          }};
}

Head classifier_head(const std::string& name, const fs::path& directory, const Golden& golden) {
  std::unique_ptr<SequenceClassifier> model;
  if (name == "symmetric") {
    model =
        make_sequence_classifier(with_input_format(*read_text_family(directory), {.symmetric = true}, 23, 0),
                                 read_text_labels(directory));
    model->load(directory);
  } else {
    model = load_sequence_classifier(directory);
  }
  const auto& m = *model;
  const bool numbers = m.labels().problem_type() == ProblemType::regression;
  return {name, std::move(model), [&m](const TextBatch& batch) { return m.logits(batch, {}); },
          [&m, &golden, numbers](double weight) {
            const Tensor labels = numbers ? golden.floats("labels") : golden.integers("labels");
            return m.loss(batch_of(golden), labels, {.lm_weight = weight, .class_weights = {}}, {});
          }};
}

// Calls f(directory, golden, head) for every golden.
template <typename F>
void for_goldens(F f) {
  for (const std::string family : {"openai-gpt", "gpt2"}) {
    for (const std::string name : {"classification", "regression", "multilabel", "symmetric", "choice"}) {
      SCOPED_TRACE(family + " " + name);
      const fs::path directory = directory_of(family + "/" + name);
      const Golden golden(directory);
      f(directory, golden,
        name == "choice" ? choice_head(directory, golden) : classifier_head(name, directory, golden));
    }
  }
}

WeightTable table_of(const fs::path& directory, const Head& head) {
  const auto family = read_text_family(directory);
  return head.name == "choice" ? family->choice_weights() : family->weights(/*with_head=*/true);
}

TEST(CausalHeads, LogitsAndLosses) {
  for_goldens([](const fs::path&, const Golden& golden, const Head& head) {
    const NoGrad no_grad;
    expect_near(head.logits(batch_of(golden)), golden.floats("logits"), 1e-5, "logits");
    EXPECT_NEAR(head.loss(0).item(), golden.floats("loss").item(), 1e-5);
    EXPECT_NEAR(head.loss(lm_weight).item(), golden.floats("joint.loss").item(), 1e-5);
    EXPECT_NEAR((head.loss(1).item() - head.loss(0).item()), golden.floats("lm.loss").item(), 1e-5);
  });
}

TEST(CausalHeads, PaddingOnTheLeft) {
  for_goldens([](const fs::path&, const Golden& golden, const Head& head) {
    if (!golden.has("left.logits")) return;
    const NoGrad no_grad;
    expect_near(head.logits(batch_of(golden, "left.")), golden.floats("left.logits"), 1e-5, "left");
  });
}

TEST(CausalHeads, ClassWeights) {
  for (const std::string family : {"openai-gpt", "gpt2"}) {
    const Golden golden(directory_of(family + "/classification"));
    const auto model = load_sequence_classifier(directory_of(family + "/classification"));
    const NoGrad no_grad;
    EXPECT_NEAR(model
                    ->loss(batch_of(golden), golden.integers("labels"),
                           {.lm_weight = 0, .class_weights = {0.5, 2, 1}}, {})
                    .item(),
                golden.floats("weighted.loss").item(), 1e-5);
  }
}

TEST(CausalHeads, EveryGradient) {
  for_goldens([](const fs::path& directory, const Golden& golden, const Head& head) {
    const WeightTable table = table_of(directory, head);
    for (const std::string kind : {"", "joint."}) {
      for (const auto& parameter : head.model->parameters().all()) {
        require_gradient(parameter.tensor);
        clear_gradient(parameter.tensor);
      }
      backward(head.loss(kind.empty() ? 0 : lm_weight));
      for (const auto& parameter : head.model->parameters().all()) {
        const Tensor gradient = gradient_of(parameter.tensor);
        ASSERT_TRUE(gradient.defined()) << parameter.name;
        expect_near(gradient, golden.like(kind + "grad.", table, parameter), 1e-5, kind + parameter.name);
      }
    }
  });
}

TEST(CausalHeads, TenAdamWStepsOfTheJointLoss) {
  for_goldens([](const fs::path& directory, const Golden& golden, const Head& head) {
    const WeightTable table = table_of(directory, head);
    train::Arena arena(head.model->parameters());
    train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw,
                                       .beta1 = 0.9,
                                       .beta2 = 0.99,
                                       .epsilon = 1e-5,
                                       .weight_decay = 0.1});
    const auto losses = golden.floats("adamw.losses").to_vector<float>();
    const auto norms = golden.floats("adamw.grad_norms").to_vector<float>();
    for (std::size_t step = 0; step < losses.size(); ++step) {
      const Tensor loss = head.loss(lm_weight);
      EXPECT_NEAR(loss.item(), losses[step], 1e-4) << "step " << step;
      backward(loss);
      EXPECT_NEAR(arena.finish_gradients(), norms[step], 1e-3) << "step " << step;
      optimizer.step(1e-3);
    }
    for (const auto& parameter : head.model->parameters().all())
      expect_near(parameter.tensor, golden.like("adamw.after.", table, parameter), 1e-4, parameter.name);
  });
}

class CausalDirectory : public ::testing::Test {
 protected:
  io::TestDirectory directory_;
};

TEST_F(CausalDirectory, SavingGivesBackEveryTensorAndFieldBitForBit) {
  for_goldens([&](const fs::path& from, const Golden&, const Head& head) {
    if (head.name == "symmetric") return;
    head.model->save(directory_.path());
    attune::testing::expect_same_tensors(from, directory_.path());
    EXPECT_EQ(nlohmann::json::parse(io::read_text(directory_.path() / "config.json")),
              nlohmann::json::parse(io::read_text(from / "config.json")));
  });
}

TEST_F(CausalDirectory, ALanguageModelGetsNewTokensAndAHead) {
  for (const std::string from : {"gpt/gelu", "gpt2/odd"}) {
    SCOPED_TRACE(from);
    const fs::path original = fs::path(ATTUNE_GOLDENS) / from;
    const auto family = read_text_family(original);
    const std::int64_t vocabulary = family->facts().vocab_size;
    const InputFormat format{.symmetric = true};
    Generator generator{.seed = 1};
    const auto started = start_sequence_classifier(with_input_format(*family, format, vocabulary + 3, 1),
                                                   original, {.names = {"a", "b", "c"}}, generator);
    EXPECT_THAT(started.fresh,
                ::testing::UnorderedElementsAre("token_embedding.weight", "classifier.weight"));
    const Tensor grown = started.model->parameters().at("token_embedding.weight").tensor;
    const Tensor before = load_text_encoder(original)->parameters().at("token_embedding.weight").tensor;
    expect_near(ops::slice(grown, 0, 0, vocabulary), before, 0, "rows of the checkpoint");
    double sum = 0;
    for (const float value : ops::slice(grown, 0, vocabulary, vocabulary + 3).to_vector<float>())
      sum += std::abs(value);
    EXPECT_GT(sum, 0) << "the new rows are drawn";

    started.model->save(directory_.path());
    const auto loaded = load_sequence_classifier(directory_.path());
    EXPECT_EQ(loaded->facts().input_format, format);
    EXPECT_EQ(loaded->facts().vocab_size, vocabulary + 3);
    EXPECT_NE(dynamic_cast<const SymmetricSequenceClassifier*>(loaded.get()), nullptr);
  }
}

TEST_F(CausalDirectory, WhatGptHasNotIsNamed) {
  const auto family = read_text_family(directory_of("gpt2/classification"));
  EXPECT_THAT([&] { MaskedLanguageModel(family, {}); },
              ThrowsMessage<Error>(HasSubstr("there is no GPT2ForMaskedLM")));
  EXPECT_THAT([&] { TokenClassifier(family, {}); },
              ThrowsMessage<Error>(HasSubstr("there is no GPT2ForTokenClassification")));
  const auto bert =
      load_text_model<SequenceClassifier>(fs::path(ATTUNE_GOLDENS) / "encoders" / "bert" / "classification");
  const Tensor ids = Tensor::full({2, 3}, 4, DType::int64), labels = Tensor::zeros({2}, DType::int64);
  EXPECT_THAT([&] { bert->loss({ids}, labels, {.lm_weight = 1, .class_weights = {}}, {}); },
              ThrowsMessage<Error>(HasSubstr("no output layer that predicts the next token")));
}

}  // namespace
}  // namespace attune::models
