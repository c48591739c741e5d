#include "attune/tasks/masked_language_modeling/masked_language_modeling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/models/text/new_family.h"
#include "attune/ops/cross_entropy/cross_entropy.h"
#include "attune/tasks/targets.h"
#include "attune/text/corpora/test_corpus.h"

namespace attune::tasks {
namespace {

using models::MaskedLanguageModel;
using models::PretrainingModel;

class MaskedLanguageModelingTest : public ::testing::Test {
 protected:
  io::TestDirectory directory_;
  std::unique_ptr<text::Tokenizer> tokenizer_ = text::letters_tokenizer();

  // Documents of a few lines.
  static std::string sample(int documents, int seed) {
    std::string text;
    for (int i = seed; i < seed + documents; ++i) {
      for (int line = 0; line <= i % 4; ++line) {
        for (int word = 0; word < 3 + (i + line) % 5; ++word)
          text += std::string(static_cast<std::size_t>(1 + (i + word) % 3),
                              static_cast<char>('a' + (i * 7 + line + word) % 26)) +
                  " ";
        text += "\n";
      }
      text += "\n";
    }
    return text;
  }

  template <typename Model>
  static std::unique_ptr<Model> model(const char* family = "bert") {
    Generator generator{.seed = 1};
    return models::new_text_model<Model>(
        models::new_text_family(family, {.layers = 1, .heads = 2, .width = 8, .context = 24, .dropout = 0},
                                {.size = 57, .padding = 0}),
        {}, generator);
  }

  MaskedExamples examples(const std::string& text, const std::string& name,
                          PairObjective pairs = PairObjective::none) const {
    return {
        text::corpus_of(text, directory_, false, name), *tokenizer_, name, {.context = 24, .pairs = pairs}};
  }
  std::vector<MaskedExamples> one(const std::string& text, const std::string& name,
                                  PairObjective pairs = PairObjective::none) const {
    std::vector<MaskedExamples> all;
    all.push_back(examples(text, name, pairs));
    return all;
  }

  static std::vector<std::int64_t> all_of(const MaskedBatch& batch) {
    auto values = batch.texts.ids.to_vector<std::int64_t>();
    for (const std::int64_t target : batch.targets.to_vector<std::int64_t>()) values.push_back(target);
    return values;
  }
  // The rows of an epoch without their masks, and with: what stands under each text.
  static std::map<std::vector<std::int64_t>, std::vector<std::int64_t>> masks_of_epoch(
      MaskedLanguageModeling& task, std::int64_t epoch) {
    std::map<std::vector<std::int64_t>, std::vector<std::int64_t>> rows;
    for (std::int64_t i = 0; i < task.micro_batches_per_epoch(); ++i) {
      const MaskedBatch batch = task.batch({.step = epoch * task.micro_batches_per_epoch() + i});
      for (std::int64_t row = 0; row < batch.texts.ids.dim(0); ++row) {
        const auto ids = row_of(batch.texts.ids, row), targets = row_of(batch.targets, row);
        std::vector<std::int64_t> text, masked;
        for (std::size_t at = 0; at < ids.size(); ++at) {
          if (ids[at] == 0) continue;
          text.push_back(targets[at] == ignored_target ? ids[at] : targets[at]);
          masked.push_back(ids[at]);
          masked.push_back(targets[at]);
        }
        rows[text] = masked;
      }
    }
    return rows;
  }
};

TEST_F(MaskedLanguageModelingTest, DynamicMasksChangeFromEpochToEpochAndStaticOnesDoNot) {
  const auto network = model<MaskedLanguageModel>();
  for (const MaskSchedule schedule : {MaskSchedule::fixed, MaskSchedule::dynamic}) {
    MaskedLanguageModeling task(*network, one(sample(40, 0), "train"), {},
                                {.batch_size = 4, .masking = schedule, .seed = 3});
    const auto first = masks_of_epoch(task, 0), second = masks_of_epoch(task, 1);
    ASSERT_GT(first.size(), 10u);
    ASSERT_EQ(first.size(), second.size()) << "the same texts";
    std::size_t same = 0;
    for (const auto& [text, masked] : first) same += second.at(text) == masked ? 1 : 0;
    if (schedule == MaskSchedule::fixed) {
      EXPECT_EQ(same, first.size());
    } else {
      EXPECT_LT(same, first.size() / 5);
    }
  }
}

TEST_F(MaskedLanguageModelingTest, BatchesAreAFunctionOfSeedStepAndIndex) {
  const auto network = model<MaskedLanguageModel>();
  const auto make = [&](std::uint64_t seed) {
    return std::make_unique<MaskedLanguageModeling>(
        *network, one(sample(300, 0), "train"), std::vector<MaskedExamples>{},
        MaskedLanguageModelingOptions{.batch_size = 4, .seed = seed});
  };
  const auto task = make(1), again = make(1), other = make(2);
  const auto fifth = all_of(task->batch({.step = 5}));
  EXPECT_NE(all_of(task->batch({.step = 6})), fifth);
  task->batch({.step = 10 * task->micro_batches_per_epoch()});
  EXPECT_EQ(all_of(again->batch({.step = 5})), fifth) << "a resumed run";
  EXPECT_EQ(all_of(task->batch({.step = 2, .index = 1, .per_step = 2})), fifth) << "accumulated";
  EXPECT_NE(all_of(other->batch({.step = 5})), fifth);
}

TEST_F(MaskedLanguageModelingTest, LanguagesAreTakenByTheirSmoothedShares) {
  const auto network = model<MaskedLanguageModel>();
  std::vector<MaskedExamples> languages;
  languages.push_back(examples(sample(200, 0), "large"));
  languages.push_back(examples("zzzz zzz zz\n", "small"));
  const std::int64_t large = languages[0].size();
  MaskedLanguageModeling task(*network, std::move(languages), {},
                              {.batch_size = 8, .language_smoothing = 0.5, .seed = 1});
  std::int64_t small = 0;
  for (std::int64_t i = 0; i < task.micro_batches_per_epoch(); ++i) {
    const MaskedBatch batch = task.batch({.step = i});
    const auto lengths = batch.texts.ids.dim(1);
    for (std::int64_t row = 0; row < batch.texts.ids.dim(0); ++row) {
      // [CLS] and nine letters z and [SEP]
      const auto ids = row_of(batch.texts.ids, row), targets = row_of(batch.targets, row);
      bool is_small = lengths >= 11 && ids[10] == 3;
      for (std::size_t at = 1; is_small && at < 10; ++at) {
        const std::int64_t id = targets[at] == ignored_target ? ids[at] : targets[at];
        is_small = id == 30 || id == 56;
      }
      small += is_small ? 1 : 0;
    }
  }
  const double share = 1 / (1 + std::sqrt(static_cast<double>(large)));
  EXPECT_NEAR(static_cast<double>(small), share * static_cast<double>(large + 1), 0.51);
  EXPECT_GT(small, 3);
}

TEST_F(MaskedLanguageModelingTest, TheLossIsTheMeanOverMaskedTokens) {
  const auto network = model<MaskedLanguageModel>();
  MaskedLanguageModeling task(*network, one(sample(40, 0), "train"), {}, {.batch_size = 4, .seed = 3});
  const NoGrad no_grad;
  const MaskedBatch batch = task.batch({.step = 1});
  const MicroBatchLoss loss = task.loss({.step = 1}, {});
  EXPECT_EQ(loss.weight, static_cast<double>(batch.predicted));
  EXPECT_NEAR(loss.loss.item(), ops::cross_entropy(network->logits(batch.texts, {}), batch.targets).item(),
              1e-5);
}

TEST_F(MaskedLanguageModelingTest, EvaluationIsTheSameWhateverTheSeedAndTheBatch) {
  const auto network = model<MaskedLanguageModel>();
  const auto evaluate = [&](std::uint64_t seed, std::int64_t batch_size) {
    MaskedLanguageModeling task(*network, one(sample(10, 0), "train"), one(sample(30, 50), "valid"),
                                {.batch_size = batch_size, .seed = seed});
    EXPECT_TRUE(task.has_validation());
    return *task.evaluate({}, {});
  };
  const Evaluation evaluation = evaluate(1, 4), other = evaluate(2, 7);
  EXPECT_NEAR(evaluation.loss, std::log(57), 0.1) << "of a model that knows nothing";
  EXPECT_NEAR(evaluation.loss, other.loss, 1e-5);
  EXPECT_EQ(evaluation.metrics[0].first, "perplexity");
  EXPECT_NEAR(evaluation.metrics[0].second, std::exp(evaluation.loss), 1e-9);
  EXPECT_EQ(evaluation.metrics[1].first, "masked_accuracy");
  EXPECT_EQ(evaluation.metrics[1].second, other.metrics[1].second);
  MaskedLanguageModeling task(*network, one(sample(10, 0), "train"), one(sample(30, 50), "valid"),
                              {.seed = 1});
  EXPECT_FALSE(task.evaluate({}, [] { return true; }));
}

TEST_F(MaskedLanguageModelingTest, PairsAreLearnedAndEvaluated) {
  for (const PairObjective pairs : {PairObjective::next_sentence, PairObjective::sentence_order}) {
    const auto network = model<PretrainingModel>("albert");
    MaskedLanguageModeling task(*network, one(sample(60, 0), "train", pairs),
                                one(sample(60, 50), "valid", pairs),
                                {.batch_size = 8, .pairs = pairs, .seed = 3});
    std::int64_t others = 0, all = 0;
    for (std::int64_t step = 0; step < 4 * task.micro_batches_per_epoch(); ++step) {
      for (const std::int64_t label : task.batch({.step = step}).pair_labels.to_vector<std::int64_t>()) {
        others += label;
        ++all;
      }
    }
    EXPECT_NEAR(static_cast<double>(others) / static_cast<double>(all), 0.5, 0.1);
    const NoGrad no_grad;
    EXPECT_NEAR(task.loss({}, {}).loss.item(), std::log(57) + std::log(2), 0.1);
    const Evaluation evaluation = *task.evaluate({}, {});
    ASSERT_EQ(evaluation.metrics.size(), 5u);
    EXPECT_NEAR(evaluation.loss, evaluation.metrics[2].second + evaluation.metrics[3].second, 1e-9);
    EXPECT_NEAR(evaluation.metrics[0].second, std::exp(evaluation.metrics[2].second), 1e-9);
    EXPECT_EQ(evaluation.metrics[4].first,
              pairs == PairObjective::next_sentence ? "next_sentence_accuracy" : "sentence_order_accuracy");
  }
}

TEST_F(MaskedLanguageModelingTest, AModelWithoutAHeadForPairsIsRefused) {
  const auto network = model<MaskedLanguageModel>();
  EXPECT_THROW(MaskedLanguageModeling(*network, one(sample(10, 0), "train"), {},
                                      {.pairs = PairObjective::next_sentence}),
               Error);
  EXPECT_THROW(model<PretrainingModel>("distilbert"), Error);
}

}  // namespace
}  // namespace attune::tasks
