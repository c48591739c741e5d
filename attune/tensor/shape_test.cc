#include "attune/tensor/shape.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "attune/base/error.h"

namespace attune {
namespace {

template <typename F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Shape, CountsElements) {
  EXPECT_EQ((Shape{2, 3, 4}).elements(), 24);
  EXPECT_EQ((Shape{2, 0, 4}).elements(), 0);
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ(Shape{}.rank(), 0);
}

TEST(Shape, NegativeAxesCountFromTheEnd) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(shape[-1], 4);
  EXPECT_EQ(shape[-3], 2);
  EXPECT_EQ(shape.normalize(-2), 1);
  EXPECT_EQ(message_of([&] { shape[3]; }), "axis 3 does not exist in a tensor of shape [2, 3, 4]");
  EXPECT_EQ(message_of([&] { shape[-4]; }), "axis -4 does not exist in a tensor of shape [2, 3, 4]");
  EXPECT_EQ(message_of([&] { Shape{}[0]; }), "axis 0 does not exist in a tensor of shape []");
}

TEST(Shape, IsChangedByCopy) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(shape.with(-1, 7), (Shape{2, 3, 7}));
  EXPECT_EQ(shape.without(1), (Shape{2, 4}));
  EXPECT_EQ(shape.without(-1).without(-1).without(0), Shape{});
  EXPECT_EQ(shape.appended(5), (Shape{2, 3, 4, 5}));
  EXPECT_EQ(shape, (Shape{2, 3, 4}));
  EXPECT_NE(shape, (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 4}));
}

TEST(Shape, HasAtMostEightDimensions) {
  const Shape most{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(most.rank(), 8);
  EXPECT_THAT(message_of([&] { most.appended(1); }), testing::HasSubstr("at most 8"));
  const std::vector<std::int64_t> nine(9, 1);
  EXPECT_THAT(message_of([&] { Shape{std::span<const std::int64_t>(nine)}; }),
              testing::HasSubstr("at most 8"));
}

TEST(Shape, PrintsAsPythonDoes) {
  EXPECT_EQ((Shape{8, 128, 768}).to_string(), "[8, 128, 768]");
  EXPECT_EQ(Shape{}.to_string(), "[]");
  EXPECT_EQ(fmt::format("{} and {}", Shape{8, 128, 768}, Shape{}), "[8, 128, 768] and []");
}

TEST(Shape, ContiguousStridesVaryFastestAtTheEnd) {
  EXPECT_EQ(contiguous_strides({2, 3, 4}), (Shape{12, 4, 1}));
  EXPECT_EQ(contiguous_strides({5}), (Shape{1}));
  EXPECT_EQ(contiguous_strides({}), Shape{});
}

TEST(Shape, BroadcastsByNumPysRule) {
  EXPECT_EQ(broadcast({2, 3}, {3}, "op"), (Shape{2, 3}));
  EXPECT_EQ(broadcast({3}, {2, 3}, "op"), (Shape{2, 3}));
  EXPECT_EQ(broadcast({2, 1, 3}, {4, 1}, "op"), (Shape{2, 4, 3}));
  EXPECT_EQ(broadcast({2, 3}, {}, "op"), (Shape{2, 3}));
  EXPECT_EQ(broadcast({0, 3}, {1, 3}, "op"), (Shape{0, 3}));
  EXPECT_EQ(broadcast({1, 3}, {0, 3}, "op"), (Shape{0, 3}));
  EXPECT_EQ(message_of([] {
              broadcast({2, 3}, {2, 1, 4}, "add");
            }),
            "add: shapes [2, 3] and [2, 1, 4] do not broadcast (dimension 1 from the end is 4 and 3)");
  EXPECT_THAT(message_of([] { broadcast({0}, {2}, "op"); }), testing::HasSubstr("do not broadcast"));
}

}  // namespace
}  // namespace attune
