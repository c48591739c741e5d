// The encoders and their heads against Hugging Face transformers: tests/goldens/make_bert.py made what is
// expected.
#include "attune/models/text/heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "attune/autograd/tape.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/ops/views/views.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;
using attune::testing::expect_near;
using attune::testing::expect_rows_near;
using attune::testing::Golden;

fs::path directory_of(const std::string& name) { return fs::path(ATTUNE_GOLDENS) / "encoders" / name; }

TextBatch batch_of(const Golden& golden, const std::string& kind = "") {
  const auto flat = [](const Tensor& t) { return ops::reshape(t, {-1, t.dim(-1)}); };  // choices are texts
  TextBatch batch{flat(golden.integers(kind + "input_ids")), flat(golden.mask(kind + "attention_mask"))};
  if (golden.has(kind + "token_type_ids")) batch.token_types = flat(golden.integers(kind + "token_type_ids"));
  return batch;
}

struct Named {
  std::string name;  // in the golden
  Tensor tensor;
  bool of_tokens;  // rows of padding mean nothing
};

// One head: how it is loaded and what it gives for a golden's batch.
struct Head {
  std::string name;
  std::unique_ptr<TextModel> (*load)(const fs::path&, const LoadOptions&);
  std::vector<Named> (*outputs)(const TextModel&, const Golden&);
  Tensor (*loss)(const TextModel&, const Golden&, const nn::Context&);
};

template <typename Model>
std::unique_ptr<TextModel> load(const fs::path& directory, const LoadOptions& options) {
  return load_text_model<Model>(directory, options);
}

template <typename Model>
const Model& as(const TextModel& model) {
  return dynamic_cast<const Model&>(model);
}

template <typename Model>
std::vector<Named> logits(const TextModel& model, const Golden& golden) {
  constexpr bool of_tokens = !std::is_same_v<Model, SequenceClassifier>;
  return {{"logits", as<Model>(model).logits(batch_of(golden), {}), of_tokens}};
}

template <typename Model>
Tensor loss(const TextModel& model, const Golden& golden, const nn::Context& context) {
  return as<Model>(model).loss(batch_of(golden), golden.integers("labels"), context);
}

Tensor regression_loss(const TextModel& model, const Golden& golden, const nn::Context& context) {
  return as<SequenceClassifier>(model).loss(batch_of(golden), golden.floats("labels"), context);
}

std::vector<Named> pretraining_logits(const TextModel& model, const Golden& golden) {
  const auto [vocabulary, pair] = as<PretrainingModel>(model).logits(batch_of(golden), {});
  return {{"prediction_logits", vocabulary, true}, {"seq_relationship_logits", pair, false}};
}

Tensor pretraining_loss(const TextModel& model, const Golden& golden, const nn::Context& context) {
  const char* pairs = golden.has("next_sentence_label") ? "next_sentence_label" : "sentence_order_label";
  return as<PretrainingModel>(model).loss(batch_of(golden), golden.integers("labels"), golden.integers(pairs),
                                          context);
}

std::vector<Named> span_logits(const TextModel& model, const Golden& golden) {
  const auto [start, end] = as<QuestionAnswerer>(model).logits(batch_of(golden), {});
  return {{"start_logits", start, true}, {"end_logits", end, true}};
}

Tensor span_loss(const TextModel& model, const Golden& golden, const nn::Context& context) {
  // Hugging Face's loss counts rows of padding too, whose logits differ; so does this one.
  return as<QuestionAnswerer>(model).loss(batch_of(golden), golden.integers("start_positions"),
                                          golden.integers("end_positions"), context);
}

std::vector<Named> choice_logits(const TextModel& model, const Golden& golden) {
  return {{"logits", as<MultipleChoiceModel>(model).logits(batch_of(golden), 3, {}), false}};
}

Tensor choice_loss(const TextModel& model, const Golden& golden, const nn::Context& context) {
  return as<MultipleChoiceModel>(model).loss(batch_of(golden), 3, golden.integers("labels"), context);
}

const std::vector<Head> heads = {
    {"mlm", load<MaskedLanguageModel>, logits<MaskedLanguageModel>, loss<MaskedLanguageModel>},
    {"pretraining", load<PretrainingModel>, pretraining_logits, pretraining_loss},
    {"classification", load<SequenceClassifier>, logits<SequenceClassifier>, loss<SequenceClassifier>},
    {"regression", load<SequenceClassifier>, logits<SequenceClassifier>, regression_loss},
    {"multilabel", load<SequenceClassifier>, logits<SequenceClassifier>, loss<SequenceClassifier>},
    {"tokens", load<TokenClassifier>, logits<TokenClassifier>, loss<TokenClassifier>},
    {"span", load<QuestionAnswerer>, span_logits, span_loss},
    {"choice", load<MultipleChoiceModel>, choice_logits, choice_loss}};

const char* const families[] = {"bert", "roberta", "xlm-roberta", "distilbert", "albert", "albert-groups"};

// Calls f(directory, head) for every golden of a family with a head.
template <typename F>
void for_goldens(F f) {
  for (const std::string family : families) {
    for (const Head& head : heads) {
      const fs::path directory = directory_of(family + "/" + head.name);
      if (!fs::exists(directory)) continue;
      SCOPED_TRACE(family + " " + head.name);
      f(directory, head);
    }
  }
}

WeightTable table_of(const fs::path& directory) { return read_text_family(directory)->weights(true); }

TEST(TextHeads, LogitsAndLoss) {
  int seen = 0;
  for_goldens([&](const fs::path& directory, const Head& head) {
    const Golden golden(directory);
    const auto model = head.load(directory, {});
    const NoGrad no_grad;
    for (const auto& [name, tensor, of_tokens] : head.outputs(*model, golden)) {
      if (of_tokens) {
        expect_rows_near(tensor, golden.floats(name), batch_of(golden).mask, 1e-5, name);
      } else {
        expect_near(tensor, golden.floats(name), 1e-5, name);
      }
    }
    EXPECT_NEAR(head.loss(*model, golden, {}).item(), golden.floats("loss").item(), 1e-5);
    ++seen;
  });
  EXPECT_EQ(seen, 8 + 7 + 1 + 7 + 8 + 1);
}

TEST(TextHeads, EveryGradient) {
  for_goldens([](const fs::path& directory, const Head& head) {
    const Golden golden(directory);
    const auto model = head.load(directory, {});
    const WeightTable table = table_of(directory);
    for (const auto& parameter : model->parameters().all()) require_gradient(parameter.tensor);
    backward(head.loss(*model, golden, {}));
    for (const auto& parameter : model->parameters().all()) {
      const Tensor gradient = gradient_of(parameter.tensor);
      ASSERT_TRUE(gradient.defined()) << parameter.name;
      expect_near(gradient, golden.like("grad.", table, parameter), 1e-5, parameter.name);
    }
  });
}

TEST(TextHeads, TenAdamWSteps) {
  for (const std::string family : families) {
    SCOPED_TRACE(family);
    const fs::path directory = directory_of(family + "/mlm");
    const Golden golden(directory);
    const auto model = load_text_model<MaskedLanguageModel>(directory);
    const WeightTable table = table_of(directory);
    train::Arena arena(model->parameters());
    train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw,
                                       .beta1 = 0.9,
                                       .beta2 = 0.99,
                                       .epsilon = 1e-5,
                                       .weight_decay = 0.1});
    const auto losses = golden.floats("adamw.losses").to_vector<float>();
    const auto norms = golden.floats("adamw.grad_norms").to_vector<float>();
    for (std::size_t step = 0; step < losses.size(); ++step) {
      const Tensor loss = model->loss(batch_of(golden), golden.integers("labels"), {});
      EXPECT_NEAR(loss.item(), losses[step], 1e-4) << "step " << step;
      backward(loss);
      EXPECT_NEAR(arena.finish_gradients(), norms[step], 1e-3) << "step " << step;
      optimizer.step(1e-3);
    }
    for (const auto& parameter : model->parameters().all())
      expect_near(parameter.tensor, golden.like("adamw.after.", table, parameter), 1e-4, parameter.name);
  }
}

TEST(TextHeads, PaddingOnTheLeft) {
  for (const std::string family : families) {
    const fs::path directory = directory_of(family + "/mlm");
    const Golden golden(directory);
    const NoGrad no_grad;
    const TextBatch batch = batch_of(golden, "left.");
    expect_rows_near(load_text_model<MaskedLanguageModel>(directory)->logits(batch, {}),
                     golden.floats("left.logits"), batch.mask, 1e-5, family);
  }
}

TEST(TextHeads, BareEncoders) {
  for (const std::string name : {"bert/bare", "bert/old", "roberta/bare", "distilbert/bare", "albert/bare"}) {
    SCOPED_TRACE(name);
    const Golden golden(name == "bert/old" ? directory_of("bert/bare") : directory_of(name));
    const auto model = load_text_encoder(directory_of(name));
    const NoGrad no_grad;
    const TextBatch batch = batch_of(golden);
    const Tensor hidden = model->hidden_states(batch, {});
    expect_rows_near(hidden, golden.floats("hidden"), batch.mask, 1e-5, name);
    EXPECT_EQ(model->has_pooler(), golden.has("pooled"));
    if (model->has_pooler()) {
      expect_near(model->pooled(hidden, {}), golden.floats("pooled"), 1e-5, name);
    } else {
      EXPECT_THROW(model->pooled(hidden, {}), Error);
    }
  }
}

TEST(TextHeads, TheEncoderOfADirectoryWithAHead) {
  const auto model = load_text_encoder(directory_of("bert/mlm"));
  EXPECT_FALSE(model->has_pooler());
  EXPECT_TRUE(load_text_encoder(directory_of("bert/classification"))->has_pooler());
}

TEST(TextHeads, StoredHalfPrecision) {
  for (const std::string name : {"bert/f16", "bert/bf16"}) {
    const Golden golden(directory_of(name));
    const auto model = load_text_model<MaskedLanguageModel>(directory_of(name));
    const NoGrad no_grad;
    expect_rows_near(model->logits(batch_of(golden), {}), golden.floats("logits"), batch_of(golden).mask,
                     1e-5, name);
  }
}

TEST(TextHeads, BFloat16ComputesNearlyTheSame) {
  for (const std::string family : families) {
    const fs::path directory = directory_of(family + "/mlm");
    const Golden golden(directory);
    const auto narrow = load_text_model<MaskedLanguageModel>(directory, {.type = LoadedType::bfloat16});
    const NoGrad no_grad;
    expect_rows_near(narrow->logits(batch_of(golden), {}), golden.floats("logits"), batch_of(golden).mask,
                     0.1, family);
    const auto model = load_text_model<MaskedLanguageModel>(directory);
    train::Arena arena(model->parameters(), {.bfloat16_copies = true});
    const nn::Context context{.training = true, .compute = DType::bfloat16};
    EXPECT_NEAR(model->loss(batch_of(golden), golden.integers("labels"), context).item(),
                golden.floats("loss").item(), 0.05)
        << family;
  }
}

class TextDirectory : public ::testing::Test {
 protected:
  io::TestDirectory directory_;

  void expect_refused(const std::string& fields, const std::string& message) {
    std::ofstream(directory_.path() / "config.json") << "{" << fields << "}";
    try {
      read_text_family(directory_.path());
      read_text_labels(directory_.path());
      ADD_FAILURE() << fields << " was accepted";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message));
      EXPECT_THAT(error.what(), ::testing::HasSubstr("config.json"));
    }
  }
};

TEST_F(TextDirectory, SavingGivesBackEveryTensorAndFieldBitForBit) {
  const auto expect_same = [&](const fs::path& from) {
    attune::testing::expect_same_tensors(from, directory_.path());
    const auto before = nlohmann::json::parse(io::read_text(from / "config.json"));
    EXPECT_EQ(nlohmann::json::parse(io::read_text(directory_.path() / "config.json")), before);
  };
  for_goldens([&](const fs::path& from, const Head& head) {
    head.load(from, {})->save(directory_.path());
    expect_same(from);
  });
  for (const std::string name : {"bert/bare", "roberta/bare", "distilbert/bare", "albert/bare"}) {
    load_text_encoder(directory_of(name))->save(directory_.path());
    expect_same(directory_of(name));
  }
  for (const std::string name : {"bert/f16", "bert/bf16"}) {
    load_text_model<MaskedLanguageModel>(directory_of(name))->save(directory_.path());
    expect_same(directory_of(name));
  }
}

TEST_F(TextDirectory, WhatWasTrainedLeavesItsNarrowType) {
  const auto model = load_text_model<MaskedLanguageModel>(directory_of("bert/bf16"));
  const Tensor bias = model->parameters().at("predictions.bias").tensor;
  const Tensor trained = Tensor::full(bias.shape(), 1.0 / 3);
  bias.bind(trained);
  model->save(directory_.path());
  const io::Safetensors saved(directory_.path());
  EXPECT_EQ(saved.find("cls.predictions.bias")->type, io::StoredType::f32);
  EXPECT_EQ(saved.find("bert.embeddings.word_embeddings.weight")->type, io::StoredType::bf16);
  EXPECT_THAT(io::read_text(directory_.path() / "config.json"),
              ::testing::HasSubstr(R"("dtype": "float32")"));
}

TEST_F(TextDirectory, ANewHeadIsDrawnAndSaid) {
  const TextLabels labels{.names = {"a", "b", "c", "d"}};
  for (const std::string from : {"bert/bare", "bert/mlm", "roberta/mlm", "distilbert/mlm", "albert/mlm"}) {
    SCOPED_TRACE(from);
    Generator generator{.seed = 1};
    const auto started = start_text_model<SequenceClassifier>(directory_of(from), labels, generator);
    EXPECT_THAT(started.fresh, ::testing::Contains(::testing::StartsWith("classifier")));
    EXPECT_THAT(started.fresh, ::testing::Not(::testing::Contains(::testing::StartsWith("layer"))));
    EXPECT_EQ(std::ranges::count(started.fresh, "pooler.weight"),
              from == "bert/mlm" || from == "albert/mlm" ? 1 : 0);
    const Golden golden(directory_of(from));
    const NoGrad no_grad;
    EXPECT_EQ(started.model->logits(batch_of(golden), {}).shape(), (Shape{3, 4}));
    started.model->save(directory_.path());
    EXPECT_EQ(load_text_model<SequenceClassifier>(directory_.path())->labels().names, labels.names);
  }
}

TEST_F(TextDirectory, AHeadOfTheSameLabelsGoesOnAndOneOfOthersIsDrawn) {
  Generator generator{.seed = 1};
  const fs::path from = directory_of("bert/classification");
  EXPECT_THAT(start_text_model<SequenceClassifier>(from, std::nullopt, generator).fresh,
              ::testing::IsEmpty());
  const TextLabels two{.names = {"bad", "good"}};
  EXPECT_THAT(start_text_model<SequenceClassifier>(from, two, generator).fresh,
              ::testing::ElementsAre("classifier.weight", "classifier.bias"));
}

TEST_F(TextDirectory, AMissingHeadIsAnErrorWhenItIsToBeUsed) {
  try {
    load_text_model<SequenceClassifier>(directory_of("distilbert/bare"));
    FAIL() << "a classifier without its head was loaded";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("missing: classifier.weight"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("missing: pre_classifier.weight"));
  }
  EXPECT_THROW(load_text_model<PretrainingModel>(directory_of("roberta/mlm")), Error);
}

// The layers of some heads have the same names and shapes: a tagger would label words by the classes of
// texts.
TEST_F(TextDirectory, TheHeadOfAnotherClassIsRefusedByItsName) {
  const auto expect_other = [](const auto& load, const std::string& from, const std::string& expected) {
    try {
      load(directory_of(from));
      ADD_FAILURE() << from << " was opened as a " << expected;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("config.json"));
      EXPECT_THAT(error.what(), ::testing::HasSubstr("expected " + expected));
    }
  };
  const auto tagger = [](const fs::path& from) { load_text_model<TokenClassifier>(from); };
  const auto classifier = [](const fs::path& from) { load_sequence_classifier(from); };
  const auto choice = [](const fs::path& from) { load_text_model<MultipleChoiceModel>(from); };
  expect_other(tagger, "bert/classification", "BertForTokenClassification");
  expect_other(tagger, "albert/classification", "AlbertForTokenClassification");
  expect_other(classifier, "bert/choice", "BertForSequenceClassification");
  expect_other(classifier, "distilbert/mlm", "DistilBertForSequenceClassification");
  expect_other(choice, "roberta/regression", "RobertaForMultipleChoice");
  EXPECT_NO_THROW(load_text_model<MaskedLanguageModel>(directory_of("bert/pretraining")));
}

TEST_F(TextDirectory, RefusesByNameWhatTheFamiliesAreNot) {
  expect_refused(R"("model_type": "t5")",
                 R"("model_type" is "t5", expected one of bert, roberta, xlm-roberta, distilbert, albert)");
  for (const std::string family : families) {
    if (family == "albert-groups") continue;  // an albert
    const std::string type = R"("model_type": ")" + family + R"(", )";
    expect_refused(type + R"("is_decoder": true)", "is_decoder");
    expect_refused(type + R"("add_cross_attention": true)", "add_cross_attention");
    expect_refused(type + R"("tie_word_embeddings": false)", "tie_word_embeddings");
    expect_refused(type + R"("position_embedding_type": "relative_key")", "position_embedding_type");
    expect_refused(type + R"("pruned_heads": {"0": [1]})", "pruned_heads");
    expect_refused(type + R"("vocab_size": 0)", "vocab_size");
    expect_refused(type + R"("pad_token_id": 1000000)", "pad_token_id");
    expect_refused(type + R"("id2label": {"0": "a", "2": "b"})", "id2label");
    expect_refused(type + R"("problem_type": "ranking")", "problem_type");
    const bool distil = family == "distilbert";
    expect_refused(type + (distil ? R"("activation": "mish")" : R"("hidden_act": "mish")"), "mish");
    expect_refused(type + (distil ? R"("n_layers": 2000000000)" : R"("num_hidden_layers": 2000000000)"),
                   "2000000000, expected at most 4096");
    expect_refused(type + (distil ? R"("n_heads": 7)" : R"("num_attention_heads": 7)"), "7");
  }
  expect_refused(R"("model_type": "albert", "inner_group_num": 2)", "inner_group_num");
  expect_refused(R"("model_type": "distilbert", "sinusoidal_pos_embds": true)", "sinusoidal_pos_embds");
}

TEST_F(TextDirectory, APickleIsRefusedWithAdvice) {
  fs::copy(directory_of("bert/mlm") / "config.json", directory_.path() / "config.json");
  std::ofstream(directory_.path() / "pytorch_model.bin") << "PK";
  try {
    load_text_model<MaskedLanguageModel>(directory_.path());
    FAIL() << "a pickle was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("pytorch_model.bin"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("save_pretrained"));
  }
}

TEST(TextHeads, BadBatchesAndTargetsAreNamed) {
  const auto model = load_text_model<MaskedLanguageModel>(directory_of("bert/mlm"));
  const auto expect_error = [](const auto& f, const char* message) {
    try {
      f();
      ADD_FAILURE() << "no error: " << message;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message));
    }
  };
  const Tensor ids = Tensor::zeros({2, 4}, DType::int64);
  expect_error(
      [&] {
        model->logits(TextBatch{Tensor::zeros({2, 13}, DType::int64)}, {});
      },
      "a text has 13 tokens");
  expect_error([&] { model->logits(TextBatch{Tensor::zeros({2, 4})}, {}); }, "expected int64 (B, T)");
  expect_error([&] { model->logits({ids, Tensor::zeros({2, 3}, DType::boolean)}, {}); }, "mask");
  expect_error([&] { model->logits({ids, {}, Tensor::full({2, 4}, 2, DType::int64)}, {}); }, "out of range");
  expect_error([&] { model->loss({ids}, Tensor::zeros({2, 3}, DType::int64), {}); }, "targets");
}

}  // namespace
}  // namespace attune::models
