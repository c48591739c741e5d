#include "attune/tasks/classification/gpt_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "attune/tasks/classification/class_weights.h"
#include "attune/tasks/classification/label_sets.h"
#include "attune/tasks/test_tokenizer.h"
#include "attune/tasks/text_inputs.h"

namespace attune::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

FamilyAndTokenizer model(const char* golden, bool symmetric) {
  return with_gpt_inputs(
      {models::read_text_family(std::filesystem::path(ATTUNE_GOLDENS) / golden), letters()}, symmetric);
}

TEST(GptInputs, TokensStandAroundTheTexts) {
  const auto [family, tokenizer] = model("gpt/gelu", false);
  const auto& facts = family->facts();
  EXPECT_EQ(facts.vocab_size, 61) << "the tokenizer is smaller than the model";
  EXPECT_EQ(tokenizer->token_to_id("_start_"), 6);
  EXPECT_EQ(tokenizer->token_to_id("_classify_"), 8);
  const std::string_view second = "c d";
  const auto encode = [&](std::int64_t length, const std::string_view* other) {
    return encode_input(*tokenizer, "a b", other, length, facts.input_format).ids;
  };
  EXPECT_THAT(encode(16, nullptr), ElementsAre(6, 1, 2, 8));
  EXPECT_THAT(encode(16, &second), ElementsAre(6, 1, 2, 7, 3, 4, 8));
  EXPECT_THAT(encode(5, &second), ElementsAre(6, 1, 7, 3, 8)) << "texts are cut, tokens around them are not";
  EXPECT_EQ(encode_input(*tokenizer, "", nullptr, 16, facts.input_format).ids.size(), 2u);
}

TEST(GptInputs, APairWithoutOrderIsABatchInBoth) {
  const auto [family, tokenizer] = model("gpt2/odd", true);
  const std::string_view second = "c d e";
  const std::vector<TextInput> inputs = {
      encode_input(*tokenizer, "a b", &second, 16, family->facts().input_format),
      encode_input(*tokenizer, "a", &second, 16, family->facts().input_format)};
  EXPECT_THAT(inputs[0].swapped, ElementsAre(6, 3, 4, 5, 7, 1, 2, 8));
  const std::vector<std::uint32_t> which = {0, 1};
  const auto batch = make_text_batch(inputs, which, family->facts());
  EXPECT_EQ(batch.ids.shape(), (Shape{4, 8}));
  EXPECT_EQ(batch.ids.to_vector<std::int64_t>()[3 * 8 + 5], 1) << "the swapped ones stand behind";
  EXPECT_FALSE(batch.mask.data<bool>()[3 * 8 + 7]);
  EXPECT_THAT([&] { encode_input(*tokenizer, "a", nullptr, 16, family->facts().input_format); },
              ThrowsMessage<Error>(HasSubstr("compares two texts")));
}

TEST(GptInputs, AFamilyThatReadsBothWaysStaysAsItIs) {
  const auto [family, tokenizer] = model("encoders/bert/bare", false);
  EXPECT_FALSE(family->facts().input_format.has_value());
  EXPECT_EQ(tokenizer->vocab_size(), 6);
  EXPECT_THROW(model("encoders/bert/bare", true), Error);
}

TEST(LabelSets, CellsAndColumns) {
  EXPECT_THAT(split_labels(" sport | new politics|", "|"), ElementsAre("sport", "new politics"));
  EXPECT_THAT(split_labels("", ","), ElementsAre());
  text::Table table("t.csv", {"sets", "x", "y"});
  table.append({{"b,a", "1", "0"}, 2});
  table.append({{"", "0", "true"}, 3});
  const LabelMap labels({"a", "b", "c"});
  EXPECT_THAT(distinct_set_labels({&table, 1}, 0, ","), ElementsAre("a", "b"));
  EXPECT_THAT(label_sets(table, 0, ",", labels), ElementsAre(1, 1, 0, 0, 0, 0));
  EXPECT_THAT(label_columns(table, 1, 2), ElementsAre(1, 0, 0, 1));
  table.append({{"z", "2", "0"}, 4});
  EXPECT_THAT([&] { label_sets(table, 0, ",", labels); }, ThrowsMessage<Error>(HasSubstr("line 4")));
  EXPECT_THAT([&] { label_columns(table, 1, 2); }, ThrowsMessage<Error>(HasSubstr("\"x\" is \"2\"")));
}

TEST(ClassWeights, BalancedAndGiven) {
  const std::int64_t ids[] = {0, 0, 0, 2};
  EXPECT_THAT(balanced_class_weights(ids, 3), ElementsAre(4.0 / 6, 1, 2));  // scikit-learn's 0.667 and 2
  const LabelMap labels({"a=b", "c", "d"});
  EXPECT_THAT(parse_class_weights("a=b=2, d=0.5", labels), ElementsAre(2, 1, 0.5));
  EXPECT_THAT([&] { parse_class_weights("x=1,y=2,c=3", labels); },
              ThrowsMessage<UsageError>(HasSubstr("no label x, y; there are a=b, c, d")));
  for (const char* wrong : {"c", "c=", "c=0", "c=-1", "c=nan", "c=1x"})
    EXPECT_THROW(parse_class_weights(wrong, labels), UsageError) << wrong;
}

}  // namespace
}  // namespace attune::tasks
