#include "attune/tasks/text_to_text/translation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "attune/tensor/random.h"

namespace attune::tasks {
namespace {

constexpr std::int64_t start = 1, end = 2, padding = 0, vocabulary = 50;

// A model whose loss of a target is the target's id, and which keeps what it was given.
class Echo : public models::SequenceToSequenceModel {
 public:
  std::int64_t max_source_length() const override { return 100; }
  std::int64_t max_target_length() const override { return 100; }
  std::int64_t vocab_size() const override { return vocabulary; }
  std::int64_t decoder_start_token() const override { return start; }
  std::int64_t end_of_text() const override { return end; }
  std::int64_t padding_token() const override { return padding; }
  const std::vector<std::int64_t>& suppressed_tokens() const override { return none_; }
  bool renormalizes() const override { return false; }
  std::optional<std::int64_t> forced_end_of_text() const override { return std::nullopt; }
  const models::WeightTable& weight_table() const override { fail("this model has no checkpoints"); }
  const nn::Parameters& parameters() const override { return parameters_; }
  Tensor encode(const models::SequenceBatch&, const nn::Context&) const override { return {}; }
  Tensor decode(const models::SequenceBatch&, const Tensor&, const Tensor&,
                const nn::Context&) const override {
    return {};
  }
  nn::DecoderCache make_cache(const Tensor&, const Tensor&, std::int64_t, std::int64_t) const override {
    fail("not needed here");
  }
  Tensor decode(const Tensor&, const nn::Context&, nn::DecoderCache&) const override { return {}; }
  Tensor logits(const Tensor&) const override { return {}; }
  Tensor loss(const models::SequenceBatch& source, const models::SequenceBatch& inputs, const Tensor& targets,
              double, const nn::Context&) const override {
    last = {source, inputs, targets};
    return Tensor::full({}, 1);
  }
  Tensor token_losses(const models::SequenceBatch&, const models::SequenceBatch&, const Tensor& targets,
                      const nn::Context&) const override {
    std::vector<float> losses;
    for (const std::int64_t id : targets.to_vector<std::int64_t>())
      losses.push_back(id < 0 ? 1e9f : static_cast<float>(id));  // padding must not count
    return Tensor::from(losses, targets.shape());
  }
  void save(const std::filesystem::path&) const override {}

  mutable TranslationBatch last;

 private:
  std::vector<std::int64_t> none_;
  nn::Parameters parameters_;
};

text::ParallelCorpus corpus_of(
    const std::vector<std::pair<std::vector<std::int32_t>, std::vector<std::int32_t>>>& pairs) {
  text::ParallelCorpus corpus(vocabulary);
  for (const auto& [source, target] : pairs) {
    corpus.source.append(source);
    corpus.target.append(target);
  }
  return corpus;
}

// Pairs of 3 to 40 tokens, the two sides of similar length as translations are. The last tokens but one of a
// source are its number, so that it can be told from others.
text::ParallelCorpus random_corpus(std::int64_t size) {
  text::ParallelCorpus corpus(1 << 20);
  Generator random{5, 0};
  for (std::int64_t i = 0; i < size; ++i) {
    // Bell-shaped around 14, as captions are
    double length = 4;
    for (int k = 0; k < 4; ++k) length += 5 * uniform(random);
    const auto near = length * (0.8 + 0.4 * uniform(random));
    std::vector<std::int32_t> source(static_cast<std::size_t>(length), 7),
        target(static_cast<std::size_t>(std::max(2.0, near)), 8);
    source[0] = static_cast<std::int32_t>(1000 + i);
    source.back() = target.back() = end;
    corpus.source.append(source);
    corpus.target.append(target);
  }
  return corpus;
}

TEST(LengthBatchesTest, EveryEpochHasEveryPairOnce) {
  const auto corpus = random_corpus(5000);
  LengthBatches batches(corpus, 1000, 3);
  std::vector<std::vector<std::uint32_t>> orders;
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<std::uint32_t> order;
    for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
      const auto batch = batches.batch(epoch, i);
      EXPECT_FALSE(batch.empty());
      order.insert(order.end(), batch.begin(), batch.end());
    }
    EXPECT_EQ(order.size(), 5000u);
    EXPECT_EQ(std::set(order.begin(), order.end()).size(), 5000u);
    orders.push_back(order);
  }
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_NE(orders[1], orders[2]);
}

TEST(LengthBatchesTest, BatchesKeepToTheirTokensWithLittlePadding) {
  const auto corpus = random_corpus(20000);
  constexpr std::int64_t limit = 4000;
  LengthBatches batches(corpus, limit, 3);
  std::int64_t padded_source = 0, padded_target = 0;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    std::int64_t source = 0, target = 0;
    const auto batch = batches.batch(0, i);
    for (const std::uint32_t pair : batch) {
      source = std::max(source, corpus.source.length(pair));
      target = std::max(target, corpus.target.length(pair));
    }
    const auto rows = static_cast<std::int64_t>(batch.size());
    EXPECT_LE(rows * std::max(source, target), limit);
    padded_source += rows * source;
    padded_target += rows * target;
  }
  EXPECT_LT(static_cast<double>(padded_target), 1.03 * static_cast<double>(corpus.target.tokens()));
  EXPECT_LT(static_cast<double>(padded_source), 1.06 * static_cast<double>(corpus.source.tokens()));
  // Nor are batches smaller than they need be.
  EXPECT_LT(static_cast<double>(batches.per_epoch() * limit),
            1.15 * static_cast<double>(std::max(padded_source, padded_target)));
}

TEST(LengthBatchesTest, AreAFunctionOfSeedAndEpoch) {
  const auto corpus = random_corpus(300);
  LengthBatches straight(corpus, 200, 3), jumping(corpus, 200, 3), other(corpus, 200, 4);
  const auto all = [&](LengthBatches& batches, std::int64_t epoch) {
    std::vector<std::uint32_t> order;
    for (std::int64_t i = 0; i < batches.per_epoch(); ++i)
      for (const std::uint32_t pair : batches.batch(epoch, i)) order.push_back(pair);
    return order;
  };
  const auto expected = (all(straight, 0), all(straight, 1));
  EXPECT_EQ(all(jumping, 1), expected);
  EXPECT_NE(all(other, 1), expected);
}

TEST(LengthBatchesTest, APairLongerThanABatchStandsAlone) {
  const auto corpus = corpus_of({{{5, end}, {5, end}}, {{5, 5, 5, 5, end}, {5, end}}});
  LengthBatches batches(corpus, 4, 0);
  EXPECT_EQ(batches.per_epoch(), 2);
  EXPECT_THROW(LengthBatches(corpus, 0, 0), UsageError);
}

TEST(TranslationTest, TeacherForcingShiftsTheTargetByOne) {
  const Echo model;
  const auto corpus = corpus_of({{{5, 6, end}, {7, end}}, {{8, end}, {9, 10, 11, end}}});
  const std::vector<std::uint32_t> pairs{0, 1};
  const TranslationBatch batch = make_translation_batch(model, corpus, pairs);
  using Ids = std::vector<std::int64_t>;
  EXPECT_EQ(batch.source.ids.to_vector<std::int64_t>(), (Ids{5, 6, end, 8, end, padding}));
  EXPECT_EQ(batch.source.mask.to_vector<bool>(), (std::vector<bool>{true, true, true, true, true, false}));
  EXPECT_EQ(batch.inputs.ids.to_vector<std::int64_t>(), (Ids{start, 7, padding, padding, start, 9, 10, 11}));
  EXPECT_EQ(batch.targets.to_vector<std::int64_t>(), (Ids{7, end, -100, -100, 9, 10, 11, end}));
  EXPECT_EQ(batch.tokens, 6);
  EXPECT_FALSE(make_translation_batch(model, corpus, std::span(pairs).first(1)).source.mask.defined());
}

TEST(TranslationTest, AStepDoesNotDependOnThoseBefore) {
  const Echo model;
  Translation straight(model, random_corpus(200), std::nullopt, {.batch_tokens = 150, .seed = 9});
  Translation resumed(model, random_corpus(200), std::nullopt, {.batch_tokens = 150, .seed = 9});
  const auto ids = [&](Translation& task, std::int64_t step, std::int64_t index) {
    const MicroBatchLoss loss = task.loss({step, index, 2}, {});
    EXPECT_GT(loss.weight, 0);
    return model.last.source.ids.to_vector<std::int64_t>();
  };
  const std::int64_t steps = straight.micro_batches_per_epoch();  // two epochs
  for (std::int64_t step = 0; step < steps; ++step) {
    const auto first = ids(straight, step, 0), second = ids(straight, step, 1);
    EXPECT_NE(first, second);
    if (step == steps - 1) {
      EXPECT_EQ(ids(resumed, step, 1), second);
      EXPECT_EQ(ids(resumed, step, 0), first);
    }
  }
}

TEST(TranslationTest, EvaluationIsTheMeanOverAllTargets) {
  const Echo model;
  Translation task(model, random_corpus(10), corpus_of({{{5, end}, {7, end}}, {{8, end}, {9, 10, 11, end}}}),
                   {.batch_tokens = 100});
  const auto result = task.evaluate({}, [] { return false; });
  const double loss = (7 + 9 + 10 + 11 + 2 * end) / 6.0;
  EXPECT_DOUBLE_EQ(result->loss, loss);
  EXPECT_EQ(result->metrics[0].first, "perplexity");
  EXPECT_DOUBLE_EQ(result->metrics[0].second, std::exp(loss));
  EXPECT_FALSE(task.evaluate({}, [] { return true; }).has_value());
}

TEST(TranslationTest, RefusesASmoothingThatMakesNoSense) {
  const Echo model;
  for (const double smoothing : {-0.1, 1.0, std::nan("")}) {
    EXPECT_THROW(Translation(model, random_corpus(3), std::nullopt, {.label_smoothing = smoothing}),
                 UsageError);
  }
}

}  // namespace
}  // namespace attune::tasks
