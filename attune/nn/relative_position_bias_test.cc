#include "attune/nn/relative_position_bias.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/base/error.h"

namespace attune::nn {
namespace {

// Memory grows with the square of a text's length: a word of 100,000 letters would end the process.
TEST(RelativePositionBias, RefusesTextsWhoseBiasFillsTheMemory) {
  Parameters parameters;
  const RelativePositionBias bias(Scope(parameters), {}, /*heads=*/4, Initializer::normal(1));
  Generator generator{.seed = 1};
  parameters.initialize(generator);
  EXPECT_EQ(bias(0, 3, 5).shape(), (Shape{4, 3, 5}));
  EXPECT_THAT([&] { bias(0, 100'000, 100'000); },
              ::testing::ThrowsMessage<Error>(::testing::HasSubstr("expected at most 16384 tokens")));
}

}  // namespace
}  // namespace attune::nn
