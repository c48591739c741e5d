#include "attune/tasks/language_modeling/language_modeling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "attune/io/file.h"
#include "attune/io/temporary_directory.h"
#include "attune/ops/cross_entropy/cross_entropy.h"
#include "attune/ops/embedding/embedding.h"
#include "attune/text/tokenizer_choice.h"
#include "attune/train/trainer.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A model that only records what it is asked: the loss of a target is the target's own id, so that a test
// sees which windows were taken and which targets counted.
class Recorder : public models::CausalLanguageModel {
 public:
  explicit Recorder(std::int64_t context) : context_(context) {}

  std::int64_t context_length() const override { return context_; }
  std::int64_t vocab_size() const override { return 100; }
  std::optional<std::int64_t> end_of_text() const override { return std::nullopt; }
  const models::WeightTable& weight_table() const override { fail("this model has no checkpoints"); }
  const nn::Parameters& parameters() const override { return parameters_; }
  Tensor hidden_states(const Tensor&, const nn::Context&) const override { return {}; }
  Tensor hidden_states(const Tensor&, const models::TokenPositions&, const nn::Context&,
                       nn::KeyValueCache&) const override {
    return {};
  }
  nn::KeyValueCache make_cache(std::int64_t, std::int64_t) const override { return {1, 1, 1, 1, 1}; }
  Tensor logits(const Tensor&) const override { return {}; }
  void save(const std::filesystem::path&) const override {}

  Tensor loss(const Tensor& ids, const Tensor& targets, const nn::Context&) const override {
    seen_ids = ids.to_vector<std::int64_t>();
    seen_targets = targets.to_vector<std::int64_t>();
    return Tensor::full({}, 1);
  }

  Tensor token_losses(const Tensor&, const Tensor& targets, const nn::Context&) const override {
    Tensor losses = Tensor::empty(targets.shape());
    const auto values = targets.to_vector<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] >= 0) ++counted[values[i]];
      losses.mutable_data<float>()[i] = static_cast<float>(values[i]);
    }
    return losses;
  }

  mutable std::vector<std::int64_t> seen_ids, seen_targets;
  mutable std::map<std::int64_t, int> counted;

 private:
  std::int64_t context_;
  nn::Parameters parameters_;
};

class LanguageModelingTest : public ::testing::Test {
 protected:
  // The characters '!' to 'z', each once and in order: token i stands at place i.
  text::TokenCorpus corpus(std::int64_t characters) {
    std::string text(static_cast<std::size_t>(characters), ' ');
    std::iota(text.begin(), text.end(), '!');
    const auto path = directory_.path() / "text.txt";
    io::write_text_atomically(path, text);
    const text::TextFiles files{{path}, std::nullopt};
    const auto tokenizer = text::choose_tokenizer("char", files);
    return text::open_corpus(files, *tokenizer, directory_.path() / "tokens");
  }

  io::TemporaryDirectory directory_;
};

TEST_F(LanguageModelingTest, TargetsAreTheNextTokens) {
  const Recorder model(8);
  LanguageModeling task(model, corpus(60), std::nullopt, {.context = 8, .batch_size = 3, .seed = 1});
  const auto loss = task.loss({.step = 0}, {});
  EXPECT_EQ(loss.weight, 24);
  ASSERT_EQ(model.seen_ids.size(), 24u);
  for (std::size_t i = 0; i < 24; ++i) {
    EXPECT_EQ(model.seen_targets[i], model.seen_ids[i] + 1);
    if (i % 8 == 0) continue;
    EXPECT_EQ(model.seen_ids[i], model.seen_ids[i - 1] + 1);
  }
}

TEST_F(LanguageModelingTest, BatchesAreAFunctionOfSeedAndStep) {
  const Recorder model(8);
  LanguageModeling a(model, corpus(60), std::nullopt, {.context = 8, .batch_size = 4, .seed = 1});
  a.loss({.step = 5}, {});
  const auto fifth = model.seen_ids;
  a.loss({.step = 6}, {});
  EXPECT_NE(model.seen_ids, fifth);
  a.loss({.step = 5}, {});
  EXPECT_EQ(model.seen_ids, fifth);
  LanguageModeling other(model, corpus(60), std::nullopt, {.context = 8, .batch_size = 4, .seed = 2});
  other.loss({.step = 5}, {});
  EXPECT_NE(model.seen_ids, fifth);
}

TEST_F(LanguageModelingTest, MicroBatchesTogetherAreTheLargeBatch) {
  const Recorder model(8);
  LanguageModeling large(model, corpus(60), std::nullopt, {.context = 8, .batch_size = 4, .seed = 1});
  large.loss({.step = 3}, {});
  const auto whole = model.seen_ids;
  LanguageModeling small(model, corpus(60), std::nullopt, {.context = 8, .batch_size = 2, .seed = 1});
  small.loss({.step = 3, .index = 0, .per_step = 2}, {});
  auto parts = model.seen_ids;
  small.loss({.step = 3, .index = 1, .per_step = 2}, {});
  parts.insert(parts.end(), model.seen_ids.begin(), model.seen_ids.end());
  EXPECT_EQ(parts, whole);
}

TEST_F(LanguageModelingTest, AnEpochTakesEveryBlockOnceFromAFirstTokenOfItsOwn) {
  const Recorder model(8);
  LanguageModeling task(model, corpus(64), std::nullopt, {.context = 8, .batch_size = 1, .seed = 1});
  ASSERT_EQ(task.micro_batches_per_epoch(), 7);
  std::set<std::int64_t> firsts;
  for (int epoch = 0; epoch < 6; ++epoch) {
    std::set<std::int64_t> begins;
    for (int i = 0; i < 7; ++i) {
      task.loss({.step = epoch * 7 + i}, {});
      begins.insert(model.seen_ids.front());
    }
    std::set<std::int64_t> expected;
    for (std::int64_t block = 0; block < 7; ++block) expected.insert(*begins.begin() + 8 * block);
    EXPECT_EQ(begins, expected);
    firsts.insert(*begins.begin());
  }
  EXPECT_GT(firsts.size(), 1u);
}

TEST_F(LanguageModelingTest, ATextOfOneWindowIsThatWindow) {
  const Recorder model(8);
  LanguageModeling task(model, corpus(9), std::nullopt, {.context = 8, .batch_size = 2, .seed = 1});
  EXPECT_EQ(task.micro_batches_per_epoch(), 1);
  task.loss({.step = 3}, {});
  EXPECT_EQ(model.seen_ids.front(), 0);
  EXPECT_EQ(model.seen_ids[8], 0);
}

TEST_F(LanguageModelingTest, EvaluationCountsEveryTokenButTheFirstOnce) {
  for (std::int64_t stride : {1, 3, 8}) {
    for (std::int64_t length : {2, 5, 9, 30, 33}) {
      const Recorder model(8);
      const auto result = evaluate_language_model(model, corpus(length), 8, stride, 3, {});
      ASSERT_TRUE(result);
      EXPECT_EQ(result->tokens, length - 1);
      std::map<std::int64_t, int> expected;
      for (std::int64_t id = 1; id < length; ++id) expected[id] = 1;
      EXPECT_EQ(model.counted, expected) << "stride " << stride << ", length " << length;
      const double mean = static_cast<double>(length) / 2;  // of the ids 1 .. length - 1
      EXPECT_NEAR(result->loss, mean, 1e-9);
      EXPECT_NEAR(result->perplexity, std::exp(mean), 1e-6 * std::exp(mean));
      EXPECT_NEAR(result->bits_per_byte,
                  mean * static_cast<double>(length - 1) / std::log(2.0) / static_cast<double>(length), 1e-9);
    }
  }
}

TEST_F(LanguageModelingTest, EvaluationStopsWhenAsked) {
  const Recorder model(8);
  EXPECT_FALSE(evaluate_language_model(model, corpus(60), 8, 8, 1, {}, [] { return true; }));
}

TEST_F(LanguageModelingTest, EveryWindowIsReached) {
  // 13 tokens have 13 - 4 windows with a token behind them.
  const Recorder model(4);
  LanguageModeling task(model, corpus(13), std::nullopt, {.context = 4, .batch_size = 30, .seed = 1});
  std::set<std::int64_t> begins;
  for (std::int64_t step = 0; step < 20; ++step) {
    task.loss({.step = step}, {});
    for (std::size_t row = 0; row < 30; ++row) begins.insert(model.seen_ids[4 * row]);
  }
  EXPECT_THAT(begins, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(LanguageModelingTest, ASmallerStrideGivesTokensMoreContext) {
  // The loss of a target is how many tokens stand before it in its window, less one.
  class Places : public Recorder {
   public:
    using Recorder::Recorder;
    Tensor token_losses(const Tensor&, const Tensor& targets, const nn::Context&) const override {
      Tensor losses = Tensor::empty(targets.shape());
      for (std::int64_t i = 0; i < targets.elements(); ++i)
        losses.mutable_data<float>()[i] = static_cast<float>(i % targets.dim(1));
      return losses;
    }
  };
  const auto mean_place = [&](std::int64_t stride) {
    return evaluate_language_model(Places(4), corpus(11), 4, stride, 2, {})->loss;
  };
  EXPECT_NEAR(mean_place(4), (2 * (0 + 1 + 2 + 3) + 2 + 3) / 10.0, 1e-6) << "the last window moves back";
  EXPECT_NEAR(mean_place(2), (0 + 1 + 2 + 3 + 3 * (2 + 3)) / 10.0, 1e-6);
  EXPECT_NEAR(mean_place(1), (0 + 1 + 2 + 3 + 6 * 3) / 10.0, 1e-6);
}

TEST_F(LanguageModelingTest, SizesThatMakeNoSenseAreRefused) {
  const Recorder model(64);
  const auto make = [&](const LanguageModelingOptions& options) {
    return [&, options] { LanguageModeling(model, corpus(40), std::nullopt, options); };
  };
  EXPECT_THAT(make({.context = 40}),
              ThrowsMessage<Error>(HasSubstr("has 40 tokens, a context of 40 needs at least 41")));
  EXPECT_NO_THROW(make({.context = 39})());
  EXPECT_THAT(make({.context = 65}),
              ThrowsMessage<UsageError>(HasSubstr("expected 1 to what the model sees")));
  EXPECT_THAT(make({.context = 4, .batch_size = 0}),
              ThrowsMessage<UsageError>("--batch-size is 0, expected at least 1"));
  for (const std::int64_t stride : {0, 5}) {
    EXPECT_THAT([&] { evaluate_language_model(model, corpus(40), 4, stride, 1, {}); },
                ThrowsMessage<UsageError>(HasSubstr("expected 1 to the context of 4")));
  }
  EXPECT_THAT([&] { evaluate_language_model(model, corpus(1), 4, 4, 1, {}); },
              ThrowsMessage<Error>("the text has 1 tokens, expected at least 2"));
}

// A table of logits by the token before.
class Bigrams : public Recorder {
 public:
  Bigrams() : Recorder(64) {
    Generator generator{1, 0};
    parameters_.initialize(generator);
  }
  const models::WeightTable& weight_table() const override { fail("this model has no checkpoints"); }
  const nn::Parameters& parameters() const override { return parameters_; }
  Tensor loss(const Tensor& ids, const Tensor& targets, const nn::Context&) const override {
    return ops::cross_entropy(ops::embedding(ids, table_), targets);  // logits (B, T, V)
  }

 private:
  nn::Parameters parameters_;
  Tensor table_ =
      nn::Scope(parameters_).parameter("table", {40, 40}, nn::Initializer::normal(0.1));  // (V, V)
};

TEST_F(LanguageModelingTest, ABigramModelLearnsWhichTokenFollows) {
  const Bigrams model;
  LanguageModeling task(model, corpus(40), std::nullopt, {.context = 16, .batch_size = 4, .seed = 1});
  train::TrainingOptions options;
  options.learning_rate = 0.1;
  options.max_steps = 150;
  train::RunDirectory run(directory_.path() / "run", train::RunMode::fresh, options);
  train::Trainer trainer(
      model.parameters(), {}, task, run, [](const std::filesystem::path&) {}, nullptr);
  trainer.train();
  EXPECT_LT(task.loss({.step = 999}, {}).loss.item(), 0.1);  // of ln 40 = 3.7 at the beginning
}

}  // namespace
}  // namespace attune::tasks
