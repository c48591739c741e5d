// GPT against Hugging Face transformers: tests/goldens/make_gpt.py made what is expected.
#include "attune/models/gpt/gpt.h"

#include <fstream>

#include "attune/autograd/tape.h"
#include "attune/generate/generate.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"
#include "attune/models/gpt/summary.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::models {
namespace {

using testing::expect_near;
using testing::Golden;

std::filesystem::path directory_of(const std::string& name) { return testing::golden_directory("gpt", name); }

std::unique_ptr<Gpt> load(const std::string& name, const LoadOptions& options = {}) {
  auto model = std::make_unique<Gpt>(read_gpt_config(directory_of(name)));
  load_weights(model->parameters(), gpt_weight_table(), directory_of(name), options);
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

TEST(Gpt, LogitsAndLoss) {
  for (const char* name : {"gelu", "silu", "bf16"}) {
    const auto model = load(name);
    const Golden golden(directory_of(name));
    NoGrad no_grad;
    const Tensor ids = golden.integers("input_ids");
    testing::expect_rows_near(model->logits(model->hidden_states(ids, {})), golden.floats("logits"),
                              golden.mask("attention_mask"), 1e-4);
    EXPECT_NEAR(model->loss(ids, shifted(golden.integers("labels")), {}).item(), golden.floats("loss").item(),
                1e-5);
  }
}

TEST(Gpt, EveryGradient) {
  for (const char* name : {"gelu", "silu"}) {
    const Golden golden(directory_of(name));
    const auto model = load(name);
    for (const auto& parameter : model->parameters().all()) require_gradient(parameter.tensor);
    backward(model->loss(golden.integers("input_ids"), shifted(golden.integers("labels")), {}));
    for (const auto& parameter : model->parameters().all()) {
      expect_near(gradient_of(parameter.tensor), golden.like("grad.", gpt_weight_table(), parameter), 1e-4,
                  parameter.name);
    }
  }
}

TEST(Gpt, TenAdamWSteps) {
  for (const char* name : {"gelu", "silu"}) {
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
      expect_near(parameter.tensor, golden.like("adamw.after.", gpt_weight_table(), parameter), 1e-4,
                  parameter.name);
    }
  }
}

TEST(Gpt, LeftPaddingDoesNotChangeLogits) {
  for (const char* name : {"gelu", "silu"}) {
    const auto model = load(name);
    const Golden golden(directory_of(name));
    NoGrad no_grad;
    const Tensor ids = golden.integers("left.input_ids");
    nn::KeyValueCache cache = model->make_cache(ids.dim(0), ids.dim(1));
    const Tensor hidden = model->hidden_states(
        ids, {golden.integers("left.position_ids"), golden.mask("left.attention_mask")}, {}, cache);
    testing::expect_rows_near(model->logits(hidden), golden.floats("left.logits"),
                              golden.mask("left.attention_mask"), 1e-4);
  }
}

TEST(Gpt, GreedyTokensAloneAndInABatch) {
  for (const char* name : {"gelu", "silu"}) {
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
    for (std::size_t i = 0; i < prompts.size(); ++i)
      EXPECT_EQ(generate::generate(*model, {prompts[i]}, options).front(), expected[i]) << name << " " << i;
  }
}

TEST(Gpt, BFloat16WeightsGiveNearlyTheSameLogits) {
  const auto model = load("gelu", {.type = LoadedType::bfloat16});
  const Golden golden(directory_of("gelu"));
  NoGrad no_grad;
  testing::expect_rows_near(model->logits(model->hidden_states(golden.integers("input_ids"), {})),
                            golden.floats("logits"), golden.mask("attention_mask"), 0.15);
}

TEST(Gpt, IsLoadedByItsModelType) {
  const auto model = load_causal_language_model(directory_of("gelu"));
  EXPECT_NE(dynamic_cast<const Gpt*>(model.get()), nullptr);
}

TEST(Gpt, SavingGivesBackEveryTensorBitForBit) {
  const io::TestDirectory directory;
  for (const char* name : {"gelu", "silu"}) {
    load(name)->save(directory.path());
    testing::expect_same_tensors(directory_of(name), directory.path());
    EXPECT_EQ(read_gpt_config(directory.path()).afn, load(name)->config().afn);
  }
}

TEST(Gpt, RefusesByNameWhatThePaperDoesNotHave) {
  const io::TestDirectory directory;
  for (const auto& [fields, message] : std::vector<std::pair<std::string, std::string>>{
           {R"("model_type": "gpt2")", "model_type"},
           {R"("afn": "gelu_new")", "\"afn\" is \"gelu_new\""},
           {R"("tie_word_embeddings": false)", "tie_word_embeddings"},
           {R"("n_head": 7)", "7 heads"},
           {R"("n_layer": 2000000000)", "n_layer is 2000000000, expected at most 4096"},
           {R"("n_layer": 2.5)", "n_layer"}}) {
    std::ofstream(directory.path() / "config.json") << "{" << fields << "}";
    try {
      read_gpt_config(directory.path());
      ADD_FAILURE() << fields;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("config.json")) << fields;
      EXPECT_THAT(error.what(), ::testing::HasSubstr(message)) << fields;
    }
  }
}

TEST(Gpt, ASharedOutputLayerMayBeStoredTwice) {
  const io::TestDirectory directory;
  std::filesystem::copy(directory_of("gelu") / "config.json", directory.path() / "config.json");
  const io::Safetensors file(directory_of("gelu"));
  std::vector<io::TensorView> views = file.tensors();
  io::TensorView output = *file.find("transformer.tokens_embed.weight");
  output.name = "lm_head.weight";
  views.push_back(output);
  io::write_safetensors(directory.path() / "model.safetensors", views);
  EXPECT_NO_THROW(load_causal_language_model(directory.path()));
}

}  // namespace
}  // namespace attune::models
