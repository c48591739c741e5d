#include "attune/models/text/head_kind.h"

#include <gtest/gtest.h>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/temporary_directory.h"

namespace attune::models {
namespace {

HeadKind read(const std::string& config) {
  const io::TemporaryDirectory directory;
  io::write_text_atomically(directory.path() / "config.json", config);
  return read_head_kind(directory.path());
}

TEST(HeadKind, IsToldByTheNameOfTheClass) {
  const auto named = [](const std::string& name) {
    return read(R"({"model_type": "bert", "architectures": [")" + name + "\"]}");
  };
  EXPECT_EQ(named("BertModel"), HeadKind::none);
  EXPECT_EQ(named("BertLMHeadModel"), HeadKind::language_model);
  EXPECT_EQ(named("BertForMaskedLM"), HeadKind::masked_language_model);
  EXPECT_EQ(named("AlbertForPreTraining"), HeadKind::pretraining);
  EXPECT_EQ(named("XLMRobertaForSequenceClassification"), HeadKind::sequence_classifier);
  EXPECT_EQ(named("BertForTokenClassification"), HeadKind::token_classifier);
  EXPECT_EQ(named("BertForQuestionAnswering"), HeadKind::question_answerer);
  EXPECT_EQ(named("BertForMultipleChoice"), HeadKind::multiple_choice);
  EXPECT_EQ(named("OpenAIGPTDoubleHeadsModel"), HeadKind::multiple_choice);
}

TEST(HeadKind, IsNoneOrALanguageModelWhereNoClassIsNamed) {
  EXPECT_EQ(read(R"({"model_type": "bert"})"), HeadKind::none);
  EXPECT_EQ(read(R"({"model_type": "bert", "architectures": null})"), HeadKind::none);
  EXPECT_EQ(read(R"({"model_type": "gpt2"})"), HeadKind::language_model);
  EXPECT_EQ(read(R"({"model_type": "openai-gpt", "architectures": ["OpenAIGPTModel"]})"),
            HeadKind::language_model);
}

TEST(HeadKind, OfAnotherHeadIsRefused) {
  try {
    read(R"({"model_type": "bert", "architectures": ["BertForNextSentencePrediction"]})");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("BertForNextSentencePrediction"), std::string::npos);
  }
  EXPECT_THROW(read(R"({"architectures": "BertModel"})"), Error);
}

}  // namespace
}  // namespace attune::models
