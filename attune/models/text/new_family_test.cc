#include "attune/models/text/new_family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/models/text/heads.h"

namespace attune::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const TextSizes small{.layers = 3, .heads = 2, .width = 16, .context = 20, .dropout = 0.2};
const TextVocabulary vocabulary{.size = 100, .padding = 1, .begin = 0, .end = 2};

std::unique_ptr<MaskedLanguageModel> make(const std::string& family, const TextSizes& sizes = small) {
  Generator generator{.seed = 1};
  return new_text_model<MaskedLanguageModel>(new_text_family(family, sizes, vocabulary), {}, generator);
}

TEST(NewFamily, EveryFamilyIsMadeSavedAndReadAgain) {
  for (const std::string& family : new_family_names()) {
    SCOPED_TRACE(family);
    EXPECT_TRUE(is_new_family(family));
    const auto model = make(family);
    EXPECT_EQ(model->facts().max_length, 20);
    EXPECT_EQ(model->facts().vocab_size, 100);
    EXPECT_EQ(model->facts().padding_token, 1);
    const io::TestDirectory directory;
    model->save(directory.path());
    const auto again = load_text_model<MaskedLanguageModel>(directory.path());
    const NoGrad no_grad;
    const TextBatch batch{Tensor::full({2, 20}, 7, DType::int64)};
    EXPECT_EQ(model->logits(batch, {}).to_vector<float>(), again->logits(batch, {}).to_vector<float>());
    const auto config = nlohmann::json::parse(io::read_text(directory.path() / "config.json"));
    EXPECT_EQ(config["model_type"], family);
    EXPECT_EQ(config["pad_token_id"], 1);
  }
  EXPECT_FALSE(is_new_family("gpt2"));
}

TEST(NewFamily, ParametersStartAsThoseOfHuggingFace) {
  const auto model = make("bert", {.layers = 1, .heads = 4, .width = 64, .context = 20});
  const auto values = [&](const char* name) {
    return model->parameters().at(name).tensor.to_vector<float>();
  };
  const auto weight = values("layers.0.feed_forward.expand.weight");
  double sum = 0, squares = 0;
  for (const float value : weight) {
    sum += value;
    squares += value * value;
  }
  EXPECT_EQ(weight.size(), 64u * 256u);
  EXPECT_NEAR(sum / static_cast<double>(weight.size()), 0, 1e-3);
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(weight.size())), 0.02, 5e-4);
  EXPECT_THAT(values("layers.0.feed_forward.expand.bias"), ::testing::Each(0));
  EXPECT_THAT(values("embeddings.norm.weight"), ::testing::Each(1));
  const auto words = values("embeddings.word.weight");
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(words[64 + i], 0) << "the padding token";
  EXPECT_NE(words[0], 0);
}

TEST(NewFamily, PositionsOfRobertaBeginAfterThePadding) {
  const auto config = new_text_family("roberta", small, vocabulary)->config();
  EXPECT_EQ(config["max_position_embeddings"], 22);
  EXPECT_EQ(config["type_vocab_size"], 1);
  EXPECT_EQ(config["bos_token_id"], 0);
  EXPECT_EQ(config["eos_token_id"], 2);
}

TEST(NewFamily, AlbertSharesLayersByGroups) {
  TextSizes sizes = small;
  sizes.embedding_width = 8;
  const std::int64_t one = make("albert", sizes)->parameters().count();
  sizes.layer_groups = 2;
  const std::int64_t two = make("albert", sizes)->parameters().count();
  sizes.layer_groups = 3;
  const std::int64_t three = make("albert", sizes)->parameters().count();
  EXPECT_EQ(three - two, two - one);
  EXPECT_EQ(two - one, 4 * (16 * 16 + 16) + 2 * 16 * 64 + 64 + 16 + 4 * 16) << "a layer";
  const auto config = new_text_family("albert", sizes, vocabulary)->config();
  EXPECT_EQ(config["num_hidden_groups"], 3);
  EXPECT_EQ(config["embedding_size"], 8);
}

TEST(NewFamily, SizesThatMakeNoModelAreRefused) {
  const auto refused = [](const char* family, TextSizes sizes) {
    return [=] { new_text_family(family, sizes, vocabulary); };
  };
  EXPECT_THAT(refused("bort", small),
              ThrowsMessage<UsageError>(HasSubstr("bert, roberta, distilbert, albert")));
  EXPECT_THAT(refused("bert", {.layers = 0}), ThrowsMessage<UsageError>(HasSubstr("--layers is 0")));
  EXPECT_THAT(refused("bert", {.heads = 3}), ThrowsMessage<UsageError>(HasSubstr("3 heads do not divide")));
  EXPECT_THAT(refused("bert", {.dropout = 1}), ThrowsMessage<UsageError>(HasSubstr("--dropout is 1")));
  EXPECT_THAT(refused("bert", {.embedding_width = 8}),
              ThrowsMessage<UsageError>(HasSubstr("--embedding-width is of albert")));
  EXPECT_THAT(refused("roberta", {.layer_groups = 2}),
              ThrowsMessage<UsageError>(HasSubstr("--layer-groups is of albert")));
  EXPECT_THAT(refused("albert", {.layers = 2, .layer_groups = 3}),
              ThrowsMessage<UsageError>(HasSubstr("--layer-groups is 3")));
}

}  // namespace
}  // namespace attune::models
