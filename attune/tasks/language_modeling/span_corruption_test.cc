// Span corruption against T5's own rules: tests/goldens/make_span_corruption.py restates them.
#include "attune/tasks/language_modeling/span_corruption.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/temporary_directory.h"
#include "attune/models/t5/t5.h"
#include "attune/text/tokenizer_choice.h"

namespace attune::tasks {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const nlohmann::json& golden() {
  static const nlohmann::json json =
      nlohmann::json::parse(std::ifstream(std::string(ATTUNE_GOLDENS) + "/span_corruption.json"));
  return json;
}

TEST(SpanCorruption, LengthsAreThoseOfT5) {
  for (const auto& row : golden()["lengths"]) {
    const SpanLengths lengths = span_lengths(row[0], {.density = row[1], .mean_span_length = row[2]});
    EXPECT_EQ(lengths.tokens, row[3]) << row;
    EXPECT_EQ(lengths.source, row[4]) << row;
    EXPECT_EQ(lengths.target, row[5]) << row;
  }
}

TEST(SpanCorruption, CountsAreThoseOfT5AndMasksHaveThem) {
  for (const auto& row : golden()["counts"]) {
    const std::int64_t length = row[0];
    const SpanNoise noise{.density = row[1], .mean_span_length = row[2]};
    const NoiseCounts counts = noise_counts(length, noise);
    EXPECT_EQ(counts.tokens, row[3]) << row;
    EXPECT_EQ(counts.spans, row[4]) << row;
    Generator generator{.seed = 3};
    const auto mask = random_spans_noise_mask(length, noise, generator);
    ASSERT_EQ(std::ssize(mask), length) << row;
    EXPECT_EQ(std::count(mask.begin(), mask.end(), true), counts.tokens) << row;
    std::int64_t spans = 0;
    for (std::size_t i = 0; i < mask.size(); ++i) spans += mask[i] && (i == 0 || !mask[i - 1]);
    EXPECT_EQ(spans, counts.spans) << row;
    EXPECT_FALSE(mask.front());
    EXPECT_TRUE(mask.back());
  }
}

std::vector<std::int32_t> golden_sentinels() {
  std::vector<std::int32_t> sentinels(golden()["sentinels"].get<std::size_t>());
  std::iota(sentinels.rbegin(), sentinels.rend(),
            golden()["first_sentinel"].get<std::int32_t>() + 1 - static_cast<std::int32_t>(sentinels.size()));
  return sentinels;
}

std::vector<bool> mask_of(const std::string& digits) {
  std::vector<bool> mask;
  for (const char digit : digits) mask.push_back(digit == '1');
  return mask;
}

TEST(SpanCorruption, SourcesAndTargetsAreThoseOfT5) {
  for (const auto& text : golden()["texts"]) {
    const auto tokens = text["tokens"].get<std::vector<std::int32_t>>();
    const auto corrupted =
        corrupt_spans(tokens, mask_of(text["mask"]), golden_sentinels(), golden()["end"].get<std::int32_t>());
    EXPECT_EQ(corrupted.source, text["source"].get<std::vector<std::int32_t>>());
    EXPECT_EQ(corrupted.target, text["target"].get<std::vector<std::int32_t>>());
  }
}

// The text again: each sentinel of the source gives way to what stands behind it in the target.
std::vector<std::int32_t> together(const CorruptedText& text, std::int32_t first_sentinel) {
  std::map<std::int32_t, std::vector<std::int32_t>> spans;
  std::int32_t last = 0;
  for (const std::int32_t id : text.target) {
    if (id >= first_sentinel) {
      last = id;
    } else {
      spans[last].push_back(id);
    }
  }
  std::vector<std::int32_t> tokens;
  for (const std::int32_t id : text.source) {
    if (id < first_sentinel) {
      tokens.push_back(id);
    } else {
      tokens.insert(tokens.end(), spans[id].begin(), spans[id].end());
    }
  }
  return tokens;
}

TEST(SpanCorruption, TheTextCanBePutTogetherAgainAndSentinelsStandInOrder) {
  constexpr std::int32_t end = 1, first = 5000;
  std::vector<std::int32_t> sentinels(100);
  std::iota(sentinels.begin(), sentinels.end(), first);
  for (std::int64_t length = 2; length < 200; ++length) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(length));
    std::iota(tokens.begin(), tokens.end(), 10);
    Generator generator{.seed = static_cast<std::uint64_t>(length)};
    const auto text = corrupt_spans(tokens, random_spans_noise_mask(length, {}, generator), sentinels, end);
    for (const auto& side : {text.source, text.target}) {
      EXPECT_EQ(side.back(), end);
      std::vector<std::int32_t> found;
      for (const std::int32_t id : side) {
        if (id >= first) found.push_back(id);
      }
      EXPECT_TRUE(std::equal(found.begin(), found.end(), sentinels.begin())) << length;
      EXPECT_EQ(std::ssize(found), noise_counts(length, {}).spans);
    }
    auto again = together(text, first);
    // Both ends stand at the end: the source's, and the target's behind its last span, which is the last
    // thing of the text.
    ASSERT_EQ(again.size(), tokens.size() + 2);
    again.resize(tokens.size());
    EXPECT_EQ(again, tokens) << length;
  }
}

// Of 6 tokens 3 are left out in 2 spans: (1, 2) or (2, 1), between (1, 2) or (2, 1) tokens that stay.
TEST(SpanCorruption, EveryWayToDivideIsEquallyLikely) {
  std::map<std::vector<bool>, int> seen;
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    Generator generator{.seed = fold_in(1, static_cast<std::uint64_t>(i))};
    ++seen[random_spans_noise_mask(6, {.density = 0.5, .mean_span_length = 1.5}, generator)];
  }
  EXPECT_EQ(seen.size(), 4u);
  for (const auto& [mask, count] : seen) EXPECT_NEAR(count, draws / 4, 130);  // 4.7 standard deviations
}

TEST(SpanCorruption, RefusesWhatMakesNoSense) {
  EXPECT_THROW((SpanNoise{.density = 0}.validate()), UsageError);
  EXPECT_THROW((SpanNoise{.density = 1}.validate()), UsageError);
  EXPECT_THROW((SpanNoise{.mean_span_length = 0.5}.validate()), UsageError);
  EXPECT_THROW((SpanNoise{.mean_span_length = std::nan("")}.validate()), UsageError);
  EXPECT_THROW((void)noise_counts(1, {}), Error);
  EXPECT_THAT(
      [] {
        (void)corrupt_spans(std::vector<std::int32_t>{5, 6, 7}, {true, false, true},
                            std::vector<std::int32_t>{9}, 1);
      },
      ThrowsMessage<Error>(HasSubstr("1 sentinels")));
}

class SpanCorruptionTask : public ::testing::Test {
 protected:
  SpanCorruptionTask() {
    models::T5Config config;
    config.vocab_size = 160;
    config.d_model = 8;
    config.d_kv = 4;
    config.d_ff = 8;
    config.num_heads = 2;
    config.num_layers = config.num_decoder_layers = 1;
    config.dropout_rate = 0;
    model_ = std::make_unique<models::T5>(config);
    Generator generator{.seed = 1};
    model_->initialize(generator);
  }

  text::TokenCorpus corpus(std::int64_t characters) {
    std::string text;
    for (std::int64_t i = 0; i < characters; ++i) text += static_cast<char>('!' + i * i % 90);
    const auto path = directory_.path() / "text.txt";
    io::write_text_atomically(path, text);
    const text::TextFiles files{{path}, std::nullopt};
    return text::open_corpus(files, *text::choose_tokenizer("char", files), directory_.path() / "tokens");
  }
  SpanCorruption task(std::int64_t batch, std::uint64_t seed = 1) {
    std::vector<std::int32_t> sentinels(20);
    std::iota(sentinels.rbegin(), sentinels.rend(), 140);
    return {*model_,
            corpus(1500),
            corpus(333),
            {.context = 40, .batch_size = batch, .sentinels = sentinels, .seed = seed}};
  }

  io::TemporaryDirectory directory_;
  std::unique_ptr<models::T5> model_;
};

TEST_F(SpanCorruptionTask, IsAFunctionOfSeedAndStepAndOfNothingElse) {
  auto first = task(4), again = task(4), other = task(4, 2);
  const auto loss = [](SpanCorruption& task, std::int64_t step) {
    return task.loss({.step = step}, {}).loss.item();
  };
  const double fifth = loss(first, 5);
  EXPECT_NE(loss(first, 6), fifth);
  EXPECT_EQ(loss(first, 5), fifth);
  EXPECT_EQ(loss(again, 5), fifth);
  EXPECT_NE(loss(other, 5), fifth);
  // Two micro-batches are the large one.
  auto halves = task(2);
  const auto one = halves.loss({.step = 5, .index = 0, .per_step = 2}, {}),
             two = halves.loss({.step = 5, .index = 1, .per_step = 2}, {});
  EXPECT_NEAR((one.loss.item() * one.weight + two.loss.item() * two.weight) / (one.weight + two.weight),
              fifth, 1e-5);
  // Every row has the same lengths.
  EXPECT_EQ(first.loss({.step = 0}, {}).weight, static_cast<double>(4 * first.lengths().target));
  EXPECT_EQ(first.lengths().source, 40);
}

TEST_F(SpanCorruptionTask, EvaluatesTheWholeTextWhateverTheBatch) {
  auto one = task(1), many = task(7, 5);
  const auto alone = one.evaluate({}, {}), together = many.evaluate({}, {});
  EXPECT_NEAR(alone->loss, together->loss, 1e-5);
  EXPECT_FALSE(one.evaluate({}, [] { return true; }).has_value());
}

TEST_F(SpanCorruptionTask, RefusesTooFewSentinelsAndShortTexts) {
  const auto make = [&](std::int64_t context, std::size_t sentinels, std::int64_t characters) {
    SpanCorruption task(*model_, corpus(characters), std::nullopt,
                        {.context = context, .sentinels = std::vector<std::int32_t>(sentinels, 150)});
  };
  EXPECT_THAT([&] { make(200, 5, 1500); }, ThrowsMessage<UsageError>(HasSubstr("5 sentinels")));
  EXPECT_THAT([&] { make(40, 20, 40); }, ThrowsMessage<Error>(HasSubstr("training text has 40 tokens")));
  EXPECT_THAT([&] { make(3, 20, 40); }, ThrowsMessage<UsageError>(HasSubstr("--context is 3")));
}

}  // namespace
}  // namespace attune::tasks
