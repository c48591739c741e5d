#include "attune/tasks/language_modeling/prefix_language_modeling.h"

#include <gmock/gmock.h>

#include <map>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/temporary_directory.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::tasks {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class PrefixLanguageModelingTest : public ::testing::Test {
 protected:
  PrefixLanguageModelingTest() {
    models::PrefixLmConfig config;
    config.blocks.vocab_size = 100;
    config.blocks.d_model = 8;
    config.blocks.d_kv = 4;
    config.blocks.d_ff = 8;
    config.blocks.num_heads = 2;
    config.blocks.num_layers = 1;
    config.blocks.dropout_rate = 0;
    config.n_positions = 16;
    model_ = std::make_unique<models::PrefixLanguageModel>(config);
    Generator generator{.seed = 1};
    model_->initialize(generator);
  }

  text::TokenCorpus corpus(std::int64_t characters) {
    std::string text;
    for (std::int64_t i = 0; i < characters; ++i) text += static_cast<char>('!' + i % 90);
    const auto path = directory_.path() / "text.txt";
    io::write_text_atomically(path, text);
    const text::TextFiles files{{path}, std::nullopt};
    return text::open_corpus(files, *text::choose_tokenizer("char", files), directory_.path() / "tokens");
  }
  PrefixLanguageModeling task(std::int64_t batch, std::uint64_t seed = 1) {
    return {*model_, corpus(900), corpus(100), {.context = 16, .batch_size = batch, .seed = seed}};
  }

  io::TemporaryDirectory directory_;
  std::unique_ptr<models::PrefixLanguageModel> model_;
};

TEST_F(PrefixLanguageModelingTest, TheRestIsPredictedAndNothingElse) {
  const auto batch = task(8).batch({.step = 3});
  const auto ids = batch.ids.to_vector<std::int64_t>(), targets = batch.targets.to_vector<std::int64_t>(),
             prefix = batch.prefix.to_vector<std::int64_t>();
  std::int64_t counted = 0;
  for (std::size_t row = 0; row < 8; ++row) {
    for (std::size_t t = 0; t < 16; ++t) {
      const std::size_t i = row * 16 + t;
      if (static_cast<std::int64_t>(t) + 1 < prefix[row]) {
        EXPECT_EQ(targets[i], -100);
      } else {
        EXPECT_EQ(targets[i], (ids[i] + 1) % 90) << "the next character";
        ++counted;
      }
    }
  }
  EXPECT_EQ(batch.tokens, counted);
}

TEST_F(PrefixLanguageModelingTest, PrefixesAreDrawnUniformly) {
  const auto many = task(50);
  std::map<std::int64_t, int> seen;
  for (std::int64_t step = 0; step < 64; ++step) {
    for (const std::int64_t prefix : many.batch({.step = step}).prefix.to_vector<std::int64_t>())
      ++seen[prefix];
  }
  EXPECT_EQ(seen.size(), 16u);
  EXPECT_EQ(seen.begin()->first, 1);
  for (const auto& [prefix, count] : seen) EXPECT_NEAR(count, 200, 65) << prefix;
}

TEST_F(PrefixLanguageModelingTest, IsAFunctionOfSeedAndStepAndOfNothingElse) {
  auto first = task(4), again = task(4), other = task(4, 2), halves = task(2);
  const auto ids = [](const PrefixLanguageModeling& task, const MicroBatchIndex& which) {
    const auto batch = task.batch(which);
    auto all = batch.ids.to_vector<std::int64_t>();
    for (const std::int64_t prefix : batch.prefix.to_vector<std::int64_t>()) all.push_back(prefix);
    return all;
  };
  EXPECT_EQ(ids(first, {.step = 5}), ids(again, {.step = 5}));
  EXPECT_NE(ids(first, {.step = 5}), ids(first, {.step = 6}));
  EXPECT_NE(ids(first, {.step = 5}), ids(other, {.step = 5}));
  const double whole = first.loss({.step = 5}, {}).loss.item();
  const auto one = halves.loss({.step = 5, .index = 0, .per_step = 2}, {}),
             two = halves.loss({.step = 5, .index = 1, .per_step = 2}, {});
  EXPECT_NEAR((one.loss.item() * one.weight + two.loss.item() * two.weight) / (one.weight + two.weight),
              whole, 1e-5);
}

TEST_F(PrefixLanguageModelingTest, EvaluatesTheSameWhateverTheBatch) {
  auto one = task(1), many = task(5, 9);
  EXPECT_NEAR(one.evaluate({}, {})->loss, many.evaluate({}, {})->loss, 1e-5);
  EXPECT_FALSE(one.evaluate({}, [] { return true; }).has_value());
}

TEST_F(PrefixLanguageModelingTest, RefusesWhatMakesNoSense) {
  const auto make = [&](std::int64_t context, std::int64_t batch, std::int64_t characters) {
    PrefixLanguageModeling(*model_, corpus(characters), std::nullopt,
                           {.context = context, .batch_size = batch});
  };
  EXPECT_THAT([&] { make(17, 1, 900); }, ThrowsMessage<UsageError>(HasSubstr("--context is 17")));
  EXPECT_THAT([&] { make(16, 0, 900); }, ThrowsMessage<UsageError>(HasSubstr("--batch-size is 0")));
  EXPECT_THAT([&] { make(16, 1, 16); }, ThrowsMessage<Error>(HasSubstr("16 tokens")));
}

}  // namespace
}  // namespace attune::tasks
