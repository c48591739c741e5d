#include "attune/train/average.h"

#include <gtest/gtest.h>

#include "attune/io/test_directory.h"
#include "attune/train/test_run.h"

namespace attune::train {
namespace {

TEST(AverageTest, IsTheMeanOfTheLastCheckpoints) {
  const io::TestDirectory directory;
  TrainingOptions options = test_options();
  options.save_total_limit = 0;
  TestRun run(directory.path() / "run", RunMode::fresh, options);
  run.train();
  const auto load = [](const std::filesystem::path& path) {
    auto model = std::make_shared<RegressionModel>();
    model->load(path);
    return std::shared_ptr<const nn::Parameters>(model, &model->parameters);
  };
  const auto checkpoints = list_checkpoints(run.directory.path());
  ASSERT_EQ(checkpoints.size(), 3u);
  RegressionModel second, third;
  second.load(checkpoints[1].path);
  third.load(checkpoints[2].path);

  const auto used = average_checkpoints(run.model.parameters, run.directory.path(), 2, load);
  ASSERT_EQ(used.size(), 2u);
  EXPECT_EQ(used[0].step, checkpoints[1].step);
  const auto mean = run.model.values();
  for (std::size_t i = 0; i < mean.size(); ++i)
    EXPECT_FLOAT_EQ(mean[i], (second.values()[i] + third.values()[i]) / 2) << i;
  EXPECT_NE(second.values(), third.values());

  EXPECT_EQ(average_checkpoints(run.model.parameters, run.directory.path(), 9, load).size(), 3u);
  EXPECT_THROW(average_checkpoints(run.model.parameters, directory.path(), 2, load), Error);
}

}  // namespace
}  // namespace attune::train
