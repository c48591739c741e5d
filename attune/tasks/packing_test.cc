// Packed weights, and products in bfloat16, give the answers of plain ones in float32, whatever the head.
#include "attune/tasks/packing.h"

#include <gtest/gtest.h>

#include "attune/models/text/new_family.h"
#include "attune/tasks/classification/sequence_classification.h"
#include "attune/tasks/masked_language_modeling/fill_mask.h"
#include "attune/tasks/multiple_choice/multiple_choice.h"
#include "attune/tasks/question_answering/question_answering.h"
#include "attune/tasks/tagging/token_classification.h"

namespace attune::tasks {
namespace {

using models::TextLabels;

constexpr std::int32_t mask_token = 3;

// Texts of different lengths, pairs of them for the choices, with a mask in each.
std::vector<TextInput> some_inputs() {
  std::vector<TextInput> inputs;
  for (std::int32_t i = 0; i < 12; ++i) {
    TextInput& input = inputs.emplace_back();
    for (std::int32_t token = 0; token < 5 + i; ++token) {
      input.ids.push_back(token == 2 ? mask_token : 4 + (7 * i + 5 * token) % 60);
      input.token_types.push_back(token > 3 ? 1 : 0);
    }
  }
  return inputs;
}

std::vector<float> answers(const models::SequenceClassifier& model, const nn::Context& how) {
  return *classification_scores(model, some_inputs(), 4, how);
}
std::vector<float> answers(const models::TokenClassifier& model, const nn::Context& how) {
  std::vector<float> all(12 * 32 * 3);
  for_each_scored(model, some_inputs(), 4, how, [&](std::size_t i, std::span<const float> scores) {
    std::ranges::copy(scores, all.begin() + static_cast<std::ptrdiff_t>(i * 32 * 3));
  });
  return all;
}
std::vector<float> answers(const models::QuestionAnswerer& model, const nn::Context& how) {
  std::vector<float> all;
  const SpanLogits logits = *span_logits(model, some_inputs(), 4, how);
  for (const auto& start : logits.start) all.insert(all.end(), start.begin(), start.end());
  for (const auto& end : logits.end) all.insert(all.end(), end.begin(), end.end());
  return all;
}
std::vector<float> answers(const models::MultipleChoiceModel& model, const nn::Context& how) {
  return *choice_scores(model, {.choices = 3, .inputs = some_inputs()}, 4, how);
}
// The probability of every token behind a mask, by its number.
std::vector<float> answers(const models::MaskedLanguageModel& model, const nn::Context& how) {
  std::vector<float> all;
  for (const auto& masks : fill_masks(model, some_inputs(), mask_token, 64, 4, how)) {
    std::vector<float> scores(64);
    for (const auto& [token, score] : masks.at(0).candidates)
      scores[static_cast<std::size_t>(token)] = static_cast<float>(score);
    all.insert(all.end(), scores.begin(), scores.end());
  }
  return all;
}

void expect_near(const std::vector<float>& found, const std::vector<float>& expected, float most) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], most) << i;
}

template <typename Model>
void check_answers(const char* family) {
  SCOPED_TRACE(family);
  Generator generator{.seed = 5};
  const auto model = models::new_text_model<Model>(
      models::new_text_family(family, {.layers = 2, .heads = 2, .width = 64, .context = 32}, {.size = 64}),
      TextLabels{.names = {"a", "b", "c"}}, generator);
  const auto expected = answers(*model, {});
  const auto [least, largest] = std::ranges::minmax(expected);
  ASSERT_GT(largest - least, 1e-3F) << "they should tell texts apart";
  Packing packing;
  packing.expect(*model, 4000);
  EXPECT_EQ(answers(*model, {}), expected) << "too little is read to pack";
  packing.expect(*model, 96);
  expect_near(answers(*model, {}), expected, 1e-5F);
  expect_near(answers(*model, {.compute = DType::bfloat16}), expected, 0.03F);
}

template <typename Model>
class PackingTest : public ::testing::Test {};
using Heads = ::testing::Types<models::SequenceClassifier, models::TokenClassifier, models::QuestionAnswerer,
                               models::MultipleChoiceModel, models::MaskedLanguageModel>;
TYPED_TEST_SUITE(PackingTest, Heads);

TYPED_TEST(PackingTest, ChangesNoAnswer) {
  for (const char* family : {"bert", "roberta", "distilbert", "albert"}) check_answers<TypeParam>(family);
}

}  // namespace
}  // namespace attune::tasks
