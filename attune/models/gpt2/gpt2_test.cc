// GPT-2 against Hugging Face transformers: tests/goldens/make_gpt2.py made what is expected.
#include "attune/models/gpt2/gpt2.h"

#include <unistd.h>

#include <fstream>

#include "attune/autograd/tape.h"
#include "attune/generate/generate.h"
#include "attune/models/causal_language_model.h"
#include "attune/models/gpt2/summary.h"
#include "attune/tensor/allocator.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;

using testing::expect_near;
using testing::Golden;

fs::path directory_of(const std::string& name) { return testing::golden_directory("gpt2", name); }

std::unique_ptr<Gpt2> load(const std::string& name, const LoadOptions& options = {}) {
  auto model = std::make_unique<Gpt2>(read_gpt2_config(directory_of(name)));
  load_weights(model->parameters(), gpt2_weight_table(), directory_of(name), options);
  return model;
}

// HF shifts inside the model; ours takes the targets of every position.
Tensor shifted(const Tensor& labels) {
  const auto from = labels.to_vector<std::int64_t>();
  std::vector<std::int64_t> to(from.size(), -100);
  const auto length = static_cast<std::size_t>(labels.dim(1));
  for (std::size_t i = 0; i + 1 < from.size(); ++i) {
    if ((i + 1) % length != 0) to[i] = from[i + 1];
  }
  return Tensor::from(to, labels.shape());
}

class Gpt2Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Gpt2Golden, LogitsAndLoss) {
  const auto model = load(GetParam());
  const Golden golden(directory_of(GetParam()));
  NoGrad no_grad;
  const Tensor ids = golden.integers("input_ids"), mask = golden.mask("attention_mask");
  testing::expect_rows_near(model->logits(model->hidden_states(ids, {})), golden.floats("logits"), mask,
                            1e-4);
  EXPECT_NEAR(model->loss(ids, shifted(golden.integers("labels")), {}).item(), golden.floats("loss").item(),
              1e-5);
}

TEST_P(Gpt2Golden, EveryGradient) {
  const Golden golden(directory_of(GetParam()));
  if (!golden.has("grad.transformer.wte.weight")) return;  // the stored-type variants of `even` have none
  const auto model = load(GetParam());
  for (const auto& parameter : model->parameters().all()) require_gradient(parameter.tensor);
  backward(model->loss(golden.integers("input_ids"), shifted(golden.integers("labels")), {}));
  for (const auto& parameter : model->parameters().all()) {
    expect_near(gradient_of(parameter.tensor), golden.like("grad.", gpt2_weight_table(), parameter), 1e-4,
                parameter.name);
  }
}

INSTANTIATE_TEST_SUITE_P(Directories, Gpt2Golden,
                         ::testing::Values("even", "odd", "gelu", "relu", "untied", "f16", "bf16", "sharded",
                                           "bare"),
                         [](const auto& info) { return info.param; });

TEST(Gpt2, LeftPaddingDoesNotChangeLogits) {
  for (const char* name : {"even", "odd"}) {
    const auto model = load(name);
    const Golden golden(directory_of(name));
    NoGrad no_grad;
    const Tensor ids = golden.integers("left.input_ids"), mask = golden.mask("left.attention_mask");
    nn::KeyValueCache cache = model->make_cache(ids.dim(0), ids.dim(1));
    const Tensor hidden = model->hidden_states(ids, {golden.integers("left.position_ids"), mask}, {}, cache);
    testing::expect_rows_near(model->logits(hidden), golden.floats("left.logits"), mask, 1e-4);
  }
}

TEST(Gpt2, GreedyTokensAloneAndInABatch) {
  for (const char* name : {"even", "odd", "gelu", "relu", "untied"}) {
    const auto model = load(name);
    const Golden golden(directory_of(name));
    std::vector<std::vector<std::int64_t>> prompts, expected;
    for (int i = 0; golden.has(fmt::format("greedy.{}.prompt", i)); ++i) {
      prompts.push_back(golden.integers(fmt::format("greedy.{}.prompt", i)).to_vector<std::int64_t>());
      expected.push_back(golden.integers(fmt::format("greedy.{}.tokens", i)).to_vector<std::int64_t>());
    }
    ASSERT_FALSE(prompts.empty()) << name;
    generate::GenerateOptions options;
    options.max_new_tokens = static_cast<std::int64_t>(expected.front().size());
    options.sampling.temperature = 0;
    options.ignore_end_of_text = true;
    EXPECT_EQ(generate::generate(*model, prompts, options), expected) << name;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      EXPECT_EQ(generate::generate(*model, {prompts[i]}, options).front(), expected[i]) << name << " " << i;
    }
  }
}

// A neighbour that fills the context must not cost a shorter sequence the beginning that it still sees.
TEST(Gpt2, GreedyTokensPastTheContextDoNotDependOnTheBatch) {
  const auto model = load("even");
  const auto context = static_cast<std::size_t>(model->context_length());
  std::vector<std::vector<std::int64_t>> prompts{std::vector<std::int64_t>(2),
                                                 std::vector<std::int64_t>(context - 1)};
  for (auto& prompt : prompts) {
    for (std::size_t t = 0; t < prompt.size(); ++t)
      prompt[t] = static_cast<std::int64_t>(t * 7 + 3) % model->vocab_size();
  }
  generate::GenerateOptions options;
  options.max_new_tokens = 2 * model->context_length();
  options.sampling.temperature = 0;
  options.ignore_end_of_text = true;
  const auto together = generate::generate(*model, prompts, options);
  for (std::size_t i = 0; i < prompts.size(); ++i)
    EXPECT_EQ(generate::generate(*model, {prompts[i]}, options).front(), together[i]) << i;
}

TEST(Gpt2, ConfigurationsOfWrongTypesAreRefused) {
  const fs::path directory = fs::temp_directory_path() / fmt::format("attune_gpt2_config_{}", ::getpid());
  fs::create_directories(directory);
  for (const char* fields :
       {R"("n_layer": 2.5)", R"("eos_token_id": 1e30)", R"("activation_function": "swoosh")"}) {
    std::ofstream(directory / "config.json") << "{\"model_type\": \"gpt2\", " << fields << "}";
    try {
      read_gpt2_config(directory);
      ADD_FAILURE() << fields;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("config.json")) << fields;
    }
  }
  fs::remove_all(directory);
}

TEST(Gpt2, TenAdamWSteps) {
  for (const char* name : {"even", "odd"}) {
    const Golden golden(directory_of(name));
    const auto model = load(name);
    train::Arena arena(model->parameters());
    train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw,
                                       .beta1 = 0.9,
                                       .beta2 = 0.99,
                                       .epsilon = 1e-5,
                                       .weight_decay = 0.1});
    const auto losses = golden.floats("adamw.losses").to_vector<float>();
    const auto norms = golden.floats("adamw.grad_norms").to_vector<float>();
    const Tensor ids = golden.integers("input_ids"), targets = shifted(golden.integers("labels"));
    for (std::size_t step = 0; step < losses.size(); ++step) {
      const Tensor loss = model->loss(ids, targets, {});
      EXPECT_NEAR(loss.item(), losses[step], 1e-4) << name << " step " << step;
      backward(loss);
      EXPECT_NEAR(arena.finish_gradients(), norms[step], 1e-3) << name << " step " << step;
      optimizer.step(1e-3);
    }
    for (const auto& parameter : model->parameters().all()) {
      expect_near(parameter.tensor, golden.like("adamw.after.", gpt2_weight_table(), parameter), 1e-4,
                  parameter.name);
    }
  }
}

class Gpt2Directory : public ::testing::Test {
 protected:
  fs::path directory_ = fs::temp_directory_path() / fmt::format("attune_gpt2_test_{}", ::getpid());
  void SetUp() override { fs::create_directories(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  void edit_config(const std::string& from, const std::string& to) {
    std::string text = io::read_text(directory_of("even") / "config.json");
    ASSERT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
    std::ofstream(directory_ / "config.json") << text;
  }
};

TEST_F(Gpt2Directory, SavingGivesBackEveryTensorBitForBit) {
  for (const char* name : {"even", "odd", "untied"}) {
    load(name)->save(directory_);
    testing::expect_same_tensors(directory_of(name), directory_);
  }
}

// Whatever "tie_word_embeddings" says: as Hugging Face does.
TEST_F(Gpt2Directory, AnOutputLayerOfItsOwnIsTaken) {
  const io::Safetensors file(directory_of("even"));
  const io::TensorView& embedding = *file.find("transformer.wte.weight");
  std::vector<std::byte> zeros(embedding.bytes.size());
  io::TensorView output = embedding;
  output.name = "lm_head.weight";
  for (const bool tied : {true, false}) {
    output.bytes = tied ? embedding.bytes : std::span<const std::byte>(zeros);
    std::vector<io::TensorView> with_output = file.tensors();
    with_output.push_back(output);
    fs::copy(directory_of("even") / "config.json", directory_ / "config.json",
             fs::copy_options::overwrite_existing);
    io::write_safetensors(directory_ / "model.safetensors", with_output);
    const auto model = load_causal_language_model(directory_);
    const Tensor logits =
        model->logits(model->hidden_states(Tensor::full({1, 3}, 1, DType::int64), {}));  // (1, 3, V)
    EXPECT_EQ(std::ranges::all_of(logits.to_vector<float>(), [](float x) { return x == 0; }), !tied);
  }
}

TEST_F(Gpt2Directory, WhatDoesNotFitIsListedAtOnce) {
  Gpt2Config config = read_gpt2_config(directory_of("even"));
  config.n_inner = 80;
  config.n_layer = 3;
  const Gpt2 model(config);
  try {
    load_weights(model.parameters(), gpt2_weight_table(), directory_of("even"));
    FAIL() << "a checkpoint of another configuration was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("missing: h.2.attn.c_attn.weight"));
    EXPECT_THAT(error.what(),
                ::testing::HasSubstr(
                    "misshapen: 'transformer.h.1.mlp.c_fc.weight' has shape [16, 64], expected [16, 80]"));
  }
  config = read_gpt2_config(directory_of("even"));
  config.n_layer = 1;
  const Gpt2 shallow(config);
  try {
    load_weights(shallow.parameters(), gpt2_weight_table(), directory_of("even"));
    FAIL() << "layers too many were accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("unexpected: 'transformer.h.1.ln_1.weight'"));
  }
}

TEST_F(Gpt2Directory, RefusesWhatAPlainGpt2IsNot) {
  edit_config("\"scale_attn_by_inverse_layer_idx\": false", "\"scale_attn_by_inverse_layer_idx\": true");
  EXPECT_THROW(read_gpt2_config(directory_), Error);
  edit_config("\"model_type\": \"gpt2\"", "\"model_type\": \"llama\"");
  EXPECT_THROW(read_gpt2_config(directory_), Error);
  edit_config("\"n_head\": 2", "\"n_head\": 3");
  EXPECT_THROW(read_gpt2_config(directory_), Error);
  edit_config("\"n_head\": 2", "\"n_head\": \"two\"");
  EXPECT_THROW(read_gpt2_config(directory_), Error);
}

TEST(Gpt2, BFloat16WeightsGiveNearlyTheSameLogits) {
  const auto model = load("even", {.type = LoadedType::bfloat16});
  const Golden golden(directory_of("even"));
  NoGrad no_grad;
  testing::expect_rows_near(model->logits(model->hidden_states(golden.integers("input_ids"), {})),
                            golden.floats("logits"), golden.mask("attention_mask"), 0.15);
}

TEST(Gpt2, TheMemoryEstimateAgreesWithTheAllocator) {
  Gpt2Config config;
  config.vocab_size = 500;
  config.n_positions = 128;
  config.n_embd = 96;
  config.n_layer = 4;
  config.n_head = 4;
  config.n_inner = 384;
  config.resid_pdrop = config.embd_pdrop = config.attn_pdrop = 0;
  const Gpt2 model(config);
  Generator generator{.seed = 1};
  model.parameters().initialize(generator);
  train::Arena arena(model.parameters());
  train::Optimizer optimizer(arena, {});
  const Tensor ids = Tensor::zeros({8, 128}, DType::int64);
  auto& allocator = CachingAllocator::of({});
  allocator.reset_peak();
  backward(model.loss(ids, ids, {}));
  arena.finish_gradients();
  optimizer.step(1e-3);
  const auto measured = static_cast<double>(allocator.statistics().peak);
  const auto estimated = static_cast<double>(gpt2_training_memory(config, 8, 128).total());
  EXPECT_NEAR(estimated / measured, 1, 0.2);
}

}  // namespace
}  // namespace attune::models
