#include "attune/tasks/masked_language_modeling/fill_mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "attune/autograd/tape.h"

namespace attune::tasks {
namespace {

constexpr std::int32_t mask_token = 4;

std::unique_ptr<models::MaskedLanguageModel> load(const char* name) {
  return models::load_text_model<models::MaskedLanguageModel>(std::filesystem::path(ATTUNE_GOLDENS) /
                                                              "encoders" / name);
}

std::vector<TextInput> some_inputs() {
  return {{{2, 5, 4, 7, 3}, {0, 0, 0, 0, 0}},
          {{2, 4, 3}, {0, 0, 0}},
          {{2, 4, 9, 4, 8, 6, 3}, {0, 0, 0, 0, 0, 0, 0}}};
}

TEST(FillMask, CandidatesAreTheLikeliestOfTheSoftmax) {
  for (const char* name : {"bert/mlm", "roberta/mlm", "distilbert/mlm", "albert/mlm", "bert/pretraining"}) {
    SCOPED_TRACE(name);
    const auto model = load(name);
    const std::vector<TextInput> inputs = {some_inputs().front()};
    const auto filled = fill_masks(*model, inputs, mask_token, 3, 1, {});
    ASSERT_EQ(filled.size(), 1u);
    ASSERT_EQ(filled[0].size(), 1u);
    EXPECT_EQ(filled[0][0].position, 2);
    const NoGrad no_grad;
    const std::vector<std::uint32_t> all = {0};
    const auto logits = model->logits(make_text_batch(inputs, all, model->facts()), {}).to_vector<float>();
    const std::vector<float> row(logits.begin() + 2 * 23, logits.begin() + 3 * 23);
    double sum = 0;
    for (const float logit : row) sum += std::exp(logit);
    std::vector<float> sorted = row;
    std::ranges::sort(sorted, std::greater<>());
    for (std::size_t rank = 0; rank < 3; ++rank) {
      const auto [token, score] = filled[0][0].candidates[rank];
      EXPECT_EQ(row[static_cast<std::size_t>(token)], sorted[rank]);
      EXPECT_NEAR(score, std::exp(sorted[rank]) / sum, 1e-6);
    }
  }
}

TEST(FillMask, MasksComeInOrderAndDoNotDependOnTheBatch) {
  const auto model = load("bert/mlm");
  const auto together = fill_masks(*model, some_inputs(), mask_token, 2, 3, {});
  const auto alone = fill_masks(*model, some_inputs(), mask_token, 2, 1, {});
  ASSERT_EQ(together.size(), 3u);
  ASSERT_EQ(together[2].size(), 2u);
  EXPECT_EQ(together[2][0].position, 1);
  EXPECT_EQ(together[2][1].position, 3);
  for (std::size_t text = 0; text < 3; ++text) {
    ASSERT_EQ(together[text].size(), alone[text].size());
    for (std::size_t mask = 0; mask < alone[text].size(); ++mask) {
      EXPECT_EQ(together[text][mask].candidates[0].token, alone[text][mask].candidates[0].token);
      EXPECT_NEAR(together[text][mask].candidates[0].score, alone[text][mask].candidates[0].score, 1e-6);
    }
  }
}

TEST(FillMask, ASmallVocabularyHasNoMoreCandidates) {
  const auto filled = fill_masks(*load("bert/mlm"), some_inputs(), mask_token, 1000, 8, {});
  EXPECT_EQ(filled[1][0].candidates.size(), 23u);
  double sum = 0;
  for (const auto& [token, score] : filled[1][0].candidates) sum += score;
  EXPECT_NEAR(sum, 1, 1e-6);
}

}  // namespace
}  // namespace attune::tasks
