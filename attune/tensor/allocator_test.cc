#include "attune/tensor/allocator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>

#include "attune/base/error.h"
#include "attune/tensor/tensor.h"

namespace attune {
namespace {

TEST(CachingAllocator, GivesAlignedMemoryOfAtLeastTheSize) {
  CachingAllocator allocator;
  for (std::size_t bytes : {0ul, 1ul, 64ul, 65ul, 1000ul, 100000ul, 3000000ul}) {
    const auto block = allocator.allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data) % 64, 0u);
    EXPECT_GE(block.bytes, bytes);
    EXPECT_LE(block.bytes, bytes + bytes / 8 + 64) << "wastes more than an eighth";
    std::memset(block.data, 0xff, bytes);
    allocator.release(block);
  }
  allocator.trim();
}

TEST(CachingAllocator, GivesAReleasedBufferOutAgain) {
  CachingAllocator allocator;
  const auto first = allocator.allocate(5000);
  allocator.release(first);
  const auto again = allocator.allocate(4990);
  EXPECT_EQ(again.data, first.data);
  const auto other = allocator.allocate(5000);
  EXPECT_NE(other.data, first.data);
  allocator.release(again);
  allocator.release(other);
  allocator.trim();
}

TEST(CachingAllocator, CountsWhatIsInUse) {
  CachingAllocator allocator;
  const auto a = allocator.allocate(1 << 20), b = allocator.allocate(1 << 20);
  EXPECT_EQ(allocator.statistics().in_use, 2u << 20);
  allocator.release(a);
  EXPECT_EQ(allocator.statistics().in_use, 1u << 20);
  EXPECT_EQ(allocator.statistics().cached, 1u << 20);
  EXPECT_EQ(allocator.statistics().peak, 2u << 20);
  allocator.reset_peak();
  EXPECT_EQ(allocator.statistics().peak, 1u << 20);
  allocator.trim();
  EXPECT_EQ(allocator.statistics().cached, 0u);
  EXPECT_EQ(allocator.statistics().in_use, 1u << 20);
  allocator.release(b);
  allocator.trim();
}

TEST(CachingAllocator, HoldsLittleMoreThanThePeakOfChangingSizes) {
  CachingAllocator allocator;
  for (std::size_t step = 1; step <= 60; ++step) {  // batches of many shapes, as of translations
    std::vector<CachingAllocator::Block> blocks;
    for (std::size_t i = 1; i <= 24; ++i)
      blocks.push_back(allocator.allocate((std::size_t{1} << 20) + step * i * 7000));
    for (const auto& block : blocks) allocator.release(block);
  }
  const auto [in_use, peak, cached] = allocator.statistics();
  EXPECT_EQ(in_use, 0u);
  EXPECT_LE(cached, peak + peak / 2);
  allocator.trim();
}

TEST(CachingAllocator, SaysWhenThereIsNoMemory) {
  CachingAllocator allocator;
  try {
    allocator.allocate(std::size_t{1} << 60);
    FAIL() << "an exbibyte was given out";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("out of memory: 1152921504606846976 bytes asked for"));
  }
  EXPECT_EQ(allocator.statistics().in_use, 0u);
}

TEST(CachingAllocator, RefusesADeviceThatThisBuildHasNot) {
  EXPECT_THROW(CachingAllocator::of({Device::Kind::cuda, 1}), Error);
}

TEST(CachingAllocator, TensorsReturnTheirMemory) {
  auto& allocator = CachingAllocator::of({});
  const std::size_t before = allocator.statistics().in_use;
  {
    const Tensor x = Tensor::zeros({1000, 100});
    const Tensor window = x.alias({10}, {100}, 0);
    EXPECT_GE(allocator.statistics().in_use, before + 400000);
  }
  EXPECT_EQ(allocator.statistics().in_use, before);
}

TEST(CachingAllocator, ASteadyLoopAllocatesNothingNew) {
  auto& allocator = CachingAllocator::of({});
  allocator.trim();
  const auto step = [] {
    const Tensor a = Tensor::zeros({300, 7}), b = Tensor::zeros({50}), c = Tensor::zeros({1 << 20});
  };
  step();
  const std::size_t cached = allocator.statistics().cached;
  for (int i = 0; i < 10; ++i) step();
  EXPECT_EQ(allocator.statistics().cached, cached);
}

TEST(CachingAllocator, ServesSeveralThreads) {
  CachingAllocator allocator;
  const auto work = [&allocator](unsigned char mark) {
    for (std::size_t i = 1; i < 300; ++i) {
      const auto block = allocator.allocate(i * 16);
      std::memset(block.data, mark, i * 16);
      EXPECT_EQ(static_cast<unsigned char*>(block.data)[i * 16 - 1], mark);
      allocator.release(block);
    }
  };
  std::thread first(work, 1), second(work, 2);
  first.join();
  second.join();
  EXPECT_EQ(allocator.statistics().in_use, 0u);
  allocator.trim();
}

}  // namespace
}  // namespace attune
