// Hypotheses that split and die without moving.
#include "attune/nn/decoder_cache.h"

#include <gtest/gtest.h>

namespace attune::nn {
namespace {

constexpr DecoderCache::Sizes sizes{
    .layers = 1, .sources = 2, .hypotheses = 2, .capacity = 5, .heads = 1, .head_width = 1};

// Every hypothesis n (four of them) writes the value 10 step + n.
void write(DecoderCache& cache, int step) {
  std::vector<float> values;
  for (int n = 0; n < 4; ++n) values.push_back(static_cast<float>(10 * step + n));
  const Tensor rows = Tensor::from(values, {4, 1, 1, 1});
  cache.extend(0, rows, rows);
  cache.advance(1);
}

// What hypothesis n reads, position by position.
std::vector<float> read(DecoderCache& cache, std::int64_t n) {
  const Tensor none = Tensor::zeros({4, 0, 1, 1});
  const Tensor keys = cache.extend(0, none, none).keys;  // (4, length, 1, 1)
  const Tensor ancestry = cache.ancestry(cache.length());
  std::vector<float> values;
  for (std::int64_t t = 0; t < cache.length(); ++t) {
    const std::int64_t row =
        ancestry.defined() ? ancestry.data<std::int32_t>()[n * ancestry.stride(0) + t] : n;
    values.push_back(keys.data<float>()[row * keys.stride(0) + t * keys.stride(1)]);
  }
  return values;
}

TEST(DecoderCache, EveryHypothesisReadsItsOwnRowUntilOneIsReordered) {
  DecoderCache cache(sizes, {});
  write(cache, 1);
  EXPECT_FALSE(cache.ancestry(1).defined());
  cache.reorder(std::vector<std::int64_t>{0, 1, 2, 3});
  EXPECT_FALSE(cache.ancestry(1).defined());
  EXPECT_EQ(read(cache, 3), (std::vector<float>{13}));
}

TEST(DecoderCache, AncestryFollowsReordering) {
  DecoderCache cache(sizes, {});
  write(cache, 1);
  write(cache, 2);
  cache.reorder(std::vector<std::int64_t>{1, 1, 2, 2});
  const Tensor before = cache.ancestry(2);
  write(cache, 3);
  cache.reorder(std::vector<std::int64_t>{1, 0, 3, 3});
  write(cache, 4);
  EXPECT_EQ(read(cache, 0), (std::vector<float>{11, 21, 31, 40}));
  EXPECT_EQ(read(cache, 1), (std::vector<float>{11, 21, 30, 41}));
  EXPECT_EQ(read(cache, 2), (std::vector<float>{12, 22, 33, 42}));
  EXPECT_EQ(read(cache, 3), (std::vector<float>{12, 22, 33, 43}));
  // A window taken earlier keeps its values.
  EXPECT_EQ(before.to_vector<std::int32_t>(), (std::vector<std::int32_t>{1, 1, 1, 1, 2, 2, 2, 2}));
}

TEST(DecoderCache, RefusesParentsOfAnotherSource) {
  DecoderCache cache(sizes, {});
  write(cache, 1);
  EXPECT_THROW(cache.reorder(std::vector<std::int64_t>{0, 2, 2, 3}), Error);
  EXPECT_THROW(cache.reorder(std::vector<std::int64_t>{0, 1, 2, 4}), Error);
  EXPECT_THROW(cache.reorder(std::vector<std::int64_t>{0, 1, 2}), Error);
  EXPECT_THROW(cache.reorder(std::vector<std::int64_t>{0, -1, 2, 3}), Error);
}

}  // namespace
}  // namespace attune::nn
