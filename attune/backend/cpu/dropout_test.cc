#include "attune/backend/cpu/dropout.h"

#include <Random123/philox.h>

#include "attune/backend/cpu/test_values.h"
#include "attune/backend/cpu/threads.h"

namespace attune::cpu {
namespace {

constexpr std::uint64_t seed = 0x0123456789abcdefull, stream = 0xfedcba9876543210ull;

// The rule of dropout.h, drawn with Random123 itself.
bool kept(std::int64_t i, float p) {
  const auto counter = static_cast<std::uint32_t>(16 * (i / 64) + i % 16);
  const auto words =
      r123::Philox4x32()({{counter, 0, 0x76543210u, 0xfedcba98u}}, {{0x89abcdefu, 0x01234567u}});
  return (words[static_cast<std::size_t>(i % 64 / 16)] >> 1) >= static_cast<double>(p) * 0x1.0p31;
}

template <typename T>
class Dropout : public testing::Test {};
using ElementTypes = testing::Types<float, bfloat16>;
TYPED_TEST_SUITE(Dropout, ElementTypes);

TYPED_TEST(Dropout, DrawsRandom123sMask) {
  using T = TypeParam;
  for (std::int64_t n : {0, 1, 15, 63, 64, 65, 1000, 70001}) {
    for (float p : {0.0f, 0.1f, 0.5f}) {
      const auto x = random_values<T>(n, 1);
      std::vector<T> y(x.size());
      dropout(x.data(), y.data(), n, p, seed, stream);
      for (std::int64_t i = 0; i < n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const float expected = kept(i, p) ? static_cast<float>(x[at]) * (1.0f / (1.0f - p)) : 0.0f;
        ASSERT_EQ(static_cast<float>(y[at]), static_cast<float>(T(expected)))
            << "element " << i << " of " << n;
      }
    }
  }
}

TYPED_TEST(Dropout, KeepsTheShareAndTheMean) {
  using T = TypeParam;
  const std::int64_t n = 200000;
  std::vector<T> y(static_cast<std::size_t>(n), T(1.0f));
  dropout(y.data(), y.data(), n, 0.2f, 7, 0);
  const auto zeros = std::count_if(y.begin(), y.end(), [](T v) { return static_cast<float>(v) == 0; });
  EXPECT_NEAR(static_cast<double>(zeros) / static_cast<double>(n), 0.2, 0.005);  // over five deviations
}

TYPED_TEST(Dropout, DependsOnSeedAndStreamNotOnThreads) {
  using T = TypeParam;
  const std::int64_t n = 100000;
  const std::vector<T> x(static_cast<std::size_t>(n), T(1.0f));
  const auto draw = [&](std::uint64_t s, std::uint64_t t) {
    std::vector<T> y(x.size());
    dropout(x.data(), y.data(), n, 0.5f, s, t);
    return to_double(y);
  };
  const auto first = draw(1, 2);
  EXPECT_NE(first, draw(1, 3));
  EXPECT_NE(first, draw(2, 2));
  const int threads = num_threads();
  set_num_threads(3);
  EXPECT_EQ(first, draw(1, 2));
  set_num_threads(threads);
}

}  // namespace
}  // namespace attune::cpu
