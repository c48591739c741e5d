#include "attune/tensor/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace attune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Tensor, HoldsValuesRowByRow) {
  const Tensor x = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(x.shape(), (Shape{2, 3}));
  EXPECT_EQ(x.strides(), (Shape{3, 1}));
  EXPECT_EQ(x.dtype(), DType::float32);
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(message_of([] { Tensor::from<float>({1, 2}, {3}); }), "2 values for a tensor of shape [3]");
}

TEST(Tensor, IsMadeInEveryType) {
  EXPECT_THAT(Tensor::zeros({2}, DType::float64).to_vector<double>(), ElementsAre(0, 0));
  EXPECT_THAT(Tensor::full({2}, 1.5, DType::float32).to_vector<float>(), ElementsAre(1.5f, 1.5f));
  EXPECT_EQ(static_cast<float>(Tensor::full({1}, 1.5, DType::bfloat16).to_vector<bfloat16>()[0]), 1.5f);
  EXPECT_THAT(Tensor::full({2}, 1, DType::boolean).to_vector<bool>(), ElementsAre(true, true));
  EXPECT_THAT(Tensor::full({1}, -3, DType::int32).to_vector<std::int32_t>(), ElementsAre(-3));
  EXPECT_THAT(Tensor::arange(4).to_vector<std::int64_t>(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Tensor::arange(3, DType::float32).to_vector<float>(), ElementsAre(0, 1, 2));
  EXPECT_TRUE(Tensor::from<bool>({true, false}, {2}).to_vector<bool>()[0]);
}

TEST(Tensor, RefusesSenselessSizes) {
  EXPECT_THAT(message_of([] { Tensor::empty({2, -1}); }), HasSubstr("[2, -1]: sizes are not negative"));
  EXPECT_THAT(message_of([] {
                Tensor::empty({std::int64_t{1} << 40, std::int64_t{1} << 40});
              }),
              HasSubstr("1099511627776] is larger than any memory"));
}

TEST(Tensor, OfNoElementsAndScalar) {
  EXPECT_TRUE(Tensor::zeros({3, 0}).to_vector<float>().empty());
  const Tensor scalar = Tensor::full({}, 2.5);
  EXPECT_EQ(scalar.elements(), 1);
  EXPECT_THAT(scalar.to_vector<float>(), ElementsAre(2.5f));
  EXPECT_EQ(scalar.item(), 2.5);
  EXPECT_EQ(Tensor::full({1, 1}, 7, DType::int64).item(), 7);
  EXPECT_THAT(message_of([] { Tensor::zeros({2}).item(); }), HasSubstr("shape [2], expected one element"));
}

TEST(Tensor, CopyOfTheHandleSharesTheValues) {
  const Tensor x = Tensor::zeros({2});
  const Tensor same = x;
  same.mutable_data<float>()[1] = 4;
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(0, 4));
  EXPECT_TRUE(same.shares_storage_with(x));
}

TEST(Tensor, TypeIsChecked) {
  EXPECT_EQ(message_of([] { Tensor::zeros({2}).data<double>(); }),
            "a tensor of shape [2] holds float32, not float64");
}

TEST(Tensor, UndefinedAndDeclaredSayWhatTheyLack) {
  EXPECT_FALSE(Tensor().defined());
  EXPECT_THAT(message_of([] { Tensor().shape(); }), HasSubstr("not defined"));
  const Tensor declared = Tensor::declare({2, 3});
  EXPECT_TRUE(declared.defined());
  EXPECT_FALSE(declared.has_storage());
  EXPECT_EQ(declared.elements(), 6);
  EXPECT_THAT(message_of([&] { declared.data<float>(); }), HasSubstr("shape [2, 3] has no memory yet"));
}

TEST(Tensor, AliasIsAWindow) {
  const Tensor x = Tensor::arange(12, DType::float32);
  const Tensor column = x.alias({3}, {4}, 1);
  EXPECT_THAT(column.to_vector<float>(), ElementsAre(1, 5, 9));
  EXPECT_FALSE(column.is_contiguous());
  const Tensor transposed = x.alias({4, 3}, {1, 4}, 0);
  EXPECT_THAT(transposed.to_vector<float>(), ElementsAre(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11));
  const Tensor nested = transposed.alias({2}, {4}, 2);
  EXPECT_THAT(nested.to_vector<float>(), ElementsAre(2, 6));
  const Tensor repeated = column.alias({2, 3}, {0, 4}, 0);
  EXPECT_THAT(repeated.to_vector<float>(), ElementsAre(1, 5, 9, 1, 5, 9));
}

TEST(Tensor, KnowsWhetherItIsContiguous) {
  const Tensor x = Tensor::zeros({4, 6});
  EXPECT_TRUE(x.is_contiguous());
  EXPECT_TRUE(x.alias({1, 4, 1, 6}, {99, 6, 77, 1}, 0).is_contiguous()) << "strides of size 1 do not matter";
  EXPECT_FALSE(x.alias({4, 5}, {6, 1}, 0).is_contiguous());
  EXPECT_TRUE(x.alias({0, 5}, {6, 2}, 0).is_contiguous()) << "nothing lies anywhere";
}

TEST(Tensor, CopyFromTakesAnyStrides) {
  const Tensor x = Tensor::arange(6, DType::int32);
  const Tensor target = Tensor::zeros({2, 6}, DType::int32);
  const Tensor window = target.alias({2, 3}, {6, 2}, 1);
  window.copy_from(x.alias({2, 3}, {1, 2}, 0));
  EXPECT_THAT(target.to_vector<std::int32_t>(), ElementsAre(0, 0, 0, 2, 0, 4, 0, 1, 0, 3, 0, 5));
  EXPECT_THAT(message_of([&] { window.copy_from(x); }), HasSubstr("int32 [6] into int32 [2, 3]"));
}

TEST(Tensor, WritesAreCounted) {
  const Tensor x = Tensor::zeros({4});
  const Tensor window = x.alias({2}, {1}, 2);
  const std::uint64_t before = x.version();
  window.mutable_data<float>()[0] = 1;
  EXPECT_GT(x.version(), before);
  const std::uint64_t after = x.version();
  x.to_vector<float>();
  EXPECT_EQ(x.version(), after);
}

TEST(Tensor, WrappedMemoryIsReadOnlyAndKeptAlive) {
  auto memory = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4});
  const std::weak_ptr<std::vector<float>> alive = memory;
  {
    const Tensor x = Tensor::wrap(memory->data(), {2, 2}, DType::float32, memory);
    memory.reset();
    EXPECT_THAT(x.to_vector<float>(), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(message_of([&] { x.mutable_data<float>(); }), HasSubstr("read-only file"));
  }
  EXPECT_TRUE(alive.expired());
}

TEST(Tensor, BindMovesEveryHandleToOtherMemory) {
  const Tensor declared = Tensor::declare({2, 2});
  const Tensor handle = declared;
  const Tensor arena = Tensor::arange(10, DType::float32);
  declared.bind(arena.alias({2, 2}, {2, 1}, 3));
  EXPECT_THAT(handle.to_vector<float>(), ElementsAre(3, 4, 5, 6));
  EXPECT_TRUE(handle.shares_storage_with(arena));
  EXPECT_THAT(message_of([&] { declared.bind(arena); }),
              HasSubstr("memory of shape [10] for a tensor of shape [2, 2]"));
}

TEST(Bfloat16, RoundsToNearestEven) {
  EXPECT_EQ(static_cast<float>(bfloat16(1.0f + 0x1.0p-8f)), 1.0f);              // tie, to the even one below
  EXPECT_EQ(static_cast<float>(bfloat16(1.0f + 0x3.0p-8f)), 1.0f + 0x4.0p-8f);  // tie, to the even one above
  EXPECT_EQ(static_cast<float>(bfloat16(1.0f + 0x1.1p-8f)), 1.0f + 0x2.0p-8f);  // just above a tie
  EXPECT_EQ(static_cast<float>(bfloat16(-2.5f)), -2.5f);
  EXPECT_TRUE(std::isnan(static_cast<float>(bfloat16(std::numeric_limits<float>::quiet_NaN()))));
  EXPECT_TRUE(std::isinf(static_cast<float>(bfloat16(std::numeric_limits<float>::max()))));
}

}  // namespace
}  // namespace attune
