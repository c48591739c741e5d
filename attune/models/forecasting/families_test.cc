#include "attune/models/forecasting/families.h"

#include <gtest/gtest.h>

#include "attune/models/patchtst/patchtst.h"

namespace attune::models {
namespace {

PatchTstConfig new_patchtst(std::int64_t context, const NetworkSizes& network = {}) {
  Generator generator{.seed = 1};
  const ForecastSizes sizes{.context = context, .horizon = 2, .targets = 1};
  const auto model = new_forecaster("patchtst", sizes, {}, network, generator);
  return dynamic_cast<const PatchTst&>(*model).config();
}

TEST(NewForecaster, CutsAShortPastIntoSeveralPatches) {
  for (const std::int64_t context : {2, 3, 12, 31, 32, 96}) {
    const PatchTstConfig config = new_patchtst(context);
    EXPECT_GE((context - config.patch_length) / config.patch_stride, context < 4 ? 1 : 2) << context;
  }
  EXPECT_EQ(new_patchtst(96).patch_length, 16);  // as the paper has it
  EXPECT_EQ(new_patchtst(96).patch_stride, 8);
}

TEST(NewForecaster, LetsPatchesOverlapByHalfUnlessTold) {
  NetworkSizes network;
  network.patch_length = 4;
  EXPECT_EQ(new_patchtst(96, network).patch_stride, 2);
  network.patch_stride = 4;
  EXPECT_EQ(new_patchtst(96, network).patch_stride, 4);
}

}  // namespace
}  // namespace attune::models
