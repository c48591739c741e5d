#include "attune/tasks/text_to_text/text_to_text.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <set>

#include "attune/base/error.h"
#include "attune/models/t5/t5.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Strings = std::vector<std::string>;

std::unique_ptr<models::T5> small_t5() {
  models::T5Config config;
  config.vocab_size = 40;
  config.d_model = 8;
  config.d_kv = 4;
  config.d_ff = 8;
  config.num_heads = 2;
  config.num_layers = config.num_decoder_layers = 1;
  config.dropout_rate = 0;
  auto model = std::make_unique<models::T5>(config);
  Generator generator{.seed = 1};
  model->initialize(generator);
  return model;
}

// Sources of one to seven tokens, the first their number.
TextToTextExamples examples(std::int64_t count) {
  TextToTextExamples all{text::ParallelCorpus(40), {}};
  for (std::int64_t i = 0; i < count; ++i) {
    std::vector<std::int32_t> source(static_cast<std::size_t>(1 + i % 7), 5), target{9, 1};
    source[0] = static_cast<std::int32_t>(i);
    source.push_back(1);
    if (i % 3 == 0) target.insert(target.begin(), 8);
    all.pairs.source.append(source);
    all.pairs.target.append(target);
    all.targets.push_back("number " + std::to_string(i));
  }
  return all;
}

TEST(TextToText, WritesEveryValidationTextOnceAndCountsThoseThatAreRight) {
  const auto model = small_t5();
  std::multiset<std::int64_t> asked;
  const auto write = [&](std::span<const std::vector<std::int64_t>> sources) {
    Strings texts;
    for (const auto& source : sources) {
      asked.insert(source[0]);
      EXPECT_EQ(source.size(), static_cast<std::size_t>(2 + source[0] % 7)) << "without padding";
      texts.push_back(source[0] % 2 == 0 ? fmt::format(" number  {}\n", source[0]) : "wrong");
    }
    return texts;
  };
  const auto evaluate = [&](std::int64_t count, bool metrics) {
    asked.clear();
    TextToText task(*model, examples(4), examples(20), write,
                    {.batch_size = 3, .write_examples = count, .translation_metrics = metrics});
    return *task.evaluate({}, {});
  };
  const Evaluation all = evaluate(0, false);
  EXPECT_EQ(asked.size(), 20u);
  EXPECT_EQ(std::set(asked.begin(), asked.end()).size(), 20u);
  ASSERT_EQ(all.metrics.size(), 2u);
  EXPECT_EQ(all.metrics[0].first, "perplexity");
  EXPECT_NEAR(all.metrics[0].second, std::exp(all.loss), 1e-6);
  EXPECT_EQ(all.metrics[1].first, "exact_match");
  EXPECT_EQ(all.metrics[1].second, 0.5);
  const Evaluation some = evaluate(5, true);
  EXPECT_EQ(asked, (std::multiset<std::int64_t>{0, 1, 2, 3, 4})) << "the first";
  EXPECT_EQ(some.loss, all.loss) << "over all of them";
  EXPECT_EQ(some.metrics[1].second, 0.6);
  EXPECT_EQ(some.metrics[2].first, "bleu");
  EXPECT_EQ(some.metrics[3].first, "chrf");
}

TEST(TextToText, MeasuresEachOfSeveralTasks) {
  const auto model = small_t5();
  TextToTextExamples valid = examples(12);
  valid.tasks = {"sum", "parse"};
  for (std::size_t i = 0; i < 12; ++i) valid.task_of.push_back(i < 4 ? 0 : 1);
  std::multiset<std::int64_t> asked;
  const auto write = [&](std::span<const std::vector<std::int64_t>> sources) {
    Strings texts;
    for (const auto& source : sources) {
      asked.insert(source[0]);
      texts.push_back(source[0] % 4 == 0 ? fmt::format("number {}", source[0]) : "wrong");
    }
    return texts;
  };
  TextToText task(*model, examples(4), valid, write, {.batch_size = 5, .translation_metrics = true});
  const Evaluation all = *task.evaluate({}, {});
  Strings names;
  for (const auto& [name, value] : all.metrics) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("perplexity", "exact_match", "bleu", "chrf", "sum_exact_match", "sum_bleu",
                                 "sum_chrf", "parse_exact_match", "parse_bleu", "parse_chrf"));
  EXPECT_EQ(task.metric_names(), names);
  EXPECT_EQ(all.metrics[1].second, 3 / 12.0);
  EXPECT_EQ(all.metrics[4].second, 1 / 4.0);
  EXPECT_EQ(all.metrics[7].second, 2 / 8.0);
  asked.clear();
  TextToText some(*model, examples(4), valid, write, {.batch_size = 5, .write_examples = 2});
  EXPECT_EQ(some.evaluate({}, {})->metrics[1].second, 2 / 4.0);
  EXPECT_EQ(asked, (std::multiset<std::int64_t>{0, 1, 4, 5})) << "the first of each task";
}

TEST(TextToText, TheLossIsTheMeanOverTheTokensOfTheTargets) {
  const auto model = small_t5();
  TextToText task(*model, examples(6), examples(6), {}, {.batch_size = 6});
  const auto [loss, weight] = task.loss({}, {});
  EXPECT_EQ(weight, 6 * 2 + 2) << "two of the targets have a third token; padding does not count";
  TextToText other(*model, examples(1), examples(6),
                   [](auto sources) { return Strings(sources.size(), "x"); }, {});
  EXPECT_NEAR(other.evaluate({}, {})->loss, loss.item(), 1e-5);
}

TEST(TextToText, IsAFunctionOfSeedAndStepAndOfNothingElse) {
  const auto model = small_t5();
  const auto losses = [&](std::uint64_t seed) {
    TextToText task(*model, examples(30), std::nullopt, {}, {.batch_size = 4, .seed = seed});
    std::vector<double> all;
    for (const std::int64_t step : {9, 0, 3, 9}) all.push_back(task.loss({.step = step}, {}).loss.item());
    return all;
  };
  const auto one = losses(1);
  EXPECT_EQ(one[0], one[3]);
  EXPECT_EQ(losses(1), one);
  EXPECT_NE(losses(2), one);
}

TEST(TextToText, StopsWhenItIsTold) {
  const auto model = small_t5();
  TextToText task(*model, examples(4), examples(4), [](auto sources) { return Strings(sources.size(), "x"); },
                  {});
  EXPECT_FALSE(task.evaluate({}, [] { return true; }).has_value());
}

TEST(TextToText, RefusesWhatMakesNoSense) {
  const auto model = small_t5();
  const auto make = [&](const TextToTextOptions& options) {
    TextToText(*model, examples(4), std::nullopt, {}, options);
  };
  EXPECT_THAT([&] { make({.batch_size = 0}); }, ThrowsMessage<UsageError>(HasSubstr("--batch-size")));
  EXPECT_THAT([&] { make({.label_smoothing = 1}); },
              ThrowsMessage<UsageError>(HasSubstr("--label-smoothing")));
  EXPECT_THAT([&] { make({.write_examples = -1}); }, ThrowsMessage<UsageError>(HasSubstr("--eval-examples")));
  EXPECT_THROW((void)exact_match(Strings{"a"}, Strings{}), UsageError);
}

TEST(TextToText, ExactMatchPassesOverWhiteSpaceOnly) {
  EXPECT_EQ(exact_match(Strings{" a  b\n", "a", "A", ""}, Strings{"a b", "ab", "a", " "}), 0.5);
}

}  // namespace
}  // namespace attune::tasks
