#include "attune/tasks/language_modeling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "attune/io/file.h"
#include "attune/io/temporary_directory.h"
#include "attune/models/gpt2/gpt2.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::tasks {
namespace {

// A model that only records what it is asked: the loss of a target is the target's own id, so that a test
// sees which windows were taken and which targets counted.
class Recorder : public models::CausalLanguageModel {
 public:
  explicit Recorder(std::int64_t context) : context_(context) {}

  std::int64_t context_length() const override { return context_; }
  std::int64_t vocab_size() const override { return 100; }
  std::optional<std::int64_t> end_of_text() const override { return std::nullopt; }
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

TEST_F(LanguageModelingTest, AnEpochTakesEveryBlockOnce) {
  const Recorder model(8);
  LanguageModeling task(model, corpus(57), std::nullopt,
                        {.context = 8, .batch_size = 1, .shuffled_epochs = true, .seed = 1});
  ASSERT_EQ(task.micro_batches_per_epoch(), 7);
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::map<std::int64_t, int> begins;
    for (int i = 0; i < 7; ++i) {
      task.loss({.step = epoch * 7 + i}, {});
      ++begins[model.seen_ids.front()];
    }
    EXPECT_EQ(begins,
              (std::map<std::int64_t, int>{{0, 1}, {8, 1}, {16, 1}, {24, 1}, {32, 1}, {40, 1}, {48, 1}}));
  }
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

TEST_F(LanguageModelingTest, ATextShorterThanTheContextIsRefused) {
  const Recorder model(64);
  EXPECT_THROW(LanguageModeling(model, corpus(40), std::nullopt, {.context = 64}), Error);
  EXPECT_THROW(LanguageModeling(model, corpus(40), std::nullopt, {.context = 80}), Error);
}

}  // namespace
}  // namespace attune::tasks
