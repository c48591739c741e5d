// Hugging Face has no prefix language model: it is tested against T5's layers with a plain attention, whose
// mask is a matrix written out here.
#include "attune/models/prefix_lm/prefix_lm.h"

#include "attune/autograd/tape.h"
#include "attune/generate/generate.h"
#include "attune/io/test_directory.h"
#include "attune/ops/ops.h"
#include "attune/train/optimizer.h"
#include "tests/models/golden.h"

namespace attune::models {
namespace {

using testing::expect_near;

PrefixLmConfig small_config() {
  PrefixLmConfig config;
  config.blocks.vocab_size = 29;
  config.blocks.d_model = 12;
  config.blocks.d_kv = 5;
  config.blocks.d_ff = 20;
  config.blocks.num_layers = 2;
  config.blocks.num_heads = 3;
  config.blocks.relative_attention_num_buckets = 8;
  config.blocks.relative_attention_max_distance = 12;
  config.blocks.dropout_rate = 0;
  config.n_positions = 24;
  return config;
}

std::unique_ptr<PrefixLanguageModel> small_model() {
  auto model = std::make_unique<PrefixLanguageModel>(small_config());
  Generator generator{.seed = 11};
  model->parameters().initialize(generator);
  return model;
}

Tensor ids_of(std::int64_t batch, std::int64_t length) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < batch * length; ++i) ids.push_back((i * i * 7 + 3 * i + 5) % 29);
  return Tensor::from(ids, {batch, length});
}

// (B, 1, T, T): true where query i may not look at key j.
Tensor hidden_matrix(const std::vector<std::int64_t>& prefix, std::int64_t length) {
  const Tensor hidden = Tensor::empty({std::ssize(prefix), 1, length, length}, DType::boolean);
  bool* out = hidden.mutable_data<bool>();
  for (const std::int64_t seen : prefix) {
    for (std::int64_t i = 0; i < length; ++i) {
      for (std::int64_t j = 0; j < length; ++j) *out++ = j > i && j >= seen;
    }
  }
  return hidden;
}

// The whole model with its attention written out: softmax(q k^T + bias, where hidden -1e9) v.
Tensor plain_hidden_states(const PrefixLanguageModel& model, const Tensor& ids, const Tensor& hidden) {
  const auto weight = [&](const std::string& name) { return model.parameters().at(name + ".weight").tensor; };
  const T5Config& c = model.config().blocks;
  const std::int64_t length = ids.dim(1);
  const nn::RelativeBuckets buckets{c.relative_attention_num_buckets, c.relative_attention_max_distance,
                                    true};
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < length; ++i) {
    for (std::int64_t j = 0; j < length; ++j) places.push_back(buckets.of(j - i));
  }
  const Tensor values = ops::embedding(Tensor::from(places, {length, length}), weight("position_bias"));
  const Tensor bias = ops::transpose(ops::transpose(values, 1, 2), 0, 1);  // (H, T, T)
  Tensor x = ops::embedding(ids, weight("embedding"));                     // (B, T, D)
  for (std::int64_t layer = 0; layer < c.num_layers; ++layer) {
    const std::string at = fmt::format("layers.{}.", layer);
    const Tensor normed = ops::rms_norm(x, weight(at + "self_attention_norm"), c.layer_norm_epsilon);
    const Tensor qkv = ops::reshape(ops::linear(normed, weight(at + "self_attention.query_key_value")),
                                    {ids.dim(0), length, 3, c.num_heads, c.d_kv});
    const auto part = [&](std::int64_t n) {  // (B, H, T, Dh)
      const Tensor one =
          ops::reshape(ops::slice(qkv, 2, n, n + 1), {ids.dim(0), length, c.num_heads, c.d_kv});
      return ops::transpose(one, 1, 2);
    };
    const Tensor scores =
        ops::add(ops::matmul(part(0), ops::transpose(part(1), 2, 3)), bias);  // (B, H, T, T)
    const Tensor looked = ops::matmul(ops::softmax(ops::masked_fill(scores, hidden, -1e9)), part(2));
    const Tensor merged =
        ops::reshape(ops::contiguous(ops::transpose(looked, 1, 2)), {ids.dim(0), length, -1});
    x = ops::add(x, ops::linear(merged, weight(at + "self_attention.output")));
    const Tensor again = ops::rms_norm(x, weight(at + "feed_forward_norm"), c.layer_norm_epsilon);
    const Tensor inner =
        ops::activation(ops::linear(again, weight(at + "feed_forward.expand")), c.activation);
    x = ops::add(x, ops::linear(inner, weight(at + "feed_forward.contract")));
  }
  return ops::scale(ops::rms_norm(x, weight("final_norm"), c.layer_norm_epsilon),
                    1 / std::sqrt(static_cast<double>(c.d_model)));
}

const std::vector<std::int64_t> prefixes = {4, 0, 9};

TEST(PrefixLanguageModel, IsAPlainAttentionWithItsMask) {
  const auto model = small_model();
  const NoGrad no_grad;
  const Tensor ids = ids_of(3, 9);
  expect_near(model->hidden_states(ids, Tensor::from(prefixes, {3}), {}),
              plain_hidden_states(*model, ids, hidden_matrix(prefixes, 9)), 1e-5, "prefixes");
  expect_near(model->hidden_states(ids, {}), plain_hidden_states(*model, ids, hidden_matrix({0, 0, 0}, 9)),
              1e-5, "no prefix");
}

TEST(PrefixLanguageModel, EveryGradientIsThatOfPlainAttention) {
  const auto model = small_model();
  const Tensor ids = ids_of(3, 9), prefix = Tensor::from(prefixes, {3});
  std::vector<std::int64_t> targets;
  for (std::int64_t b = 0; b < 3; ++b) {
    for (std::int64_t t = 0; t < 9; ++t)  // the last of the prefix predicts the first of the rest
      targets.push_back(t + 1 < prefixes[static_cast<std::size_t>(b)] ? -100 : (5 * t + b) % 29);
  }
  const Tensor wanted = Tensor::from(targets, {3, 9});
  const auto gradients = [&](const Tensor& loss) {
    backward(loss);
    std::vector<Tensor> all;
    for (const auto& parameter : model->parameters().all()) {
      all.push_back(ops::add(gradient_of(parameter.tensor), Tensor::zeros(parameter.tensor.shape())));
      clear_gradient(parameter.tensor);
    }
    return all;
  };
  for (const auto& parameter : model->parameters().all()) require_gradient(parameter.tensor);
  const auto ours = gradients(model->loss(ids, prefix, wanted, {}));
  const auto plain =
      gradients(ops::linear_cross_entropy(plain_hidden_states(*model, ids, hidden_matrix(prefixes, 9)),
                                          model->parameters().at("embedding.weight").tensor, wanted));
  for (std::size_t i = 0; i < ours.size(); ++i)
    expect_near(ours[i], plain[i], 1e-5, model->parameters().all()[i].name);
}

TEST(PrefixLanguageModel, GeneratesFromItsPromptAsAPrefixAloneAndInABatch) {
  const auto model = small_model();
  const std::vector<std::vector<std::int64_t>> prompts = {{3, 17, 8, 21, 4}, {9, 2}};
  generate::GenerateOptions options;
  options.max_new_tokens = 6;
  options.sampling.temperature = 0;
  const auto together = generate::generate(*model, prompts, options);
  const NoGrad no_grad;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    auto text = prompts[i];  // by whole passes, the prompt seen both ways
    for (int n = 0; n < 6; ++n) {
      const std::int64_t length = std::ssize(text);
      const Tensor hidden = plain_hidden_states(*model, Tensor::from(text, {1, length}),
                                                hidden_matrix({std::ssize(prompts[i])}, length));
      const auto scores =
          model->logits(ops::contiguous(ops::slice(hidden, 1, length - 1, length))).to_vector<float>();
      text.push_back(std::max_element(scores.begin(), scores.end()) - scores.begin());
    }
    const std::vector<std::int64_t> expected(text.begin() + std::ssize(prompts[i]), text.end());
    EXPECT_EQ(together[i], expected) << i;
    EXPECT_EQ(generate::generate(*model, {prompts[i]}, options).front(), expected) << i;
  }
}

TEST(PrefixLanguageModel, LearnsToCopyItsPrefixBackwards) {
  const auto model = small_model();
  train::Arena arena(model->parameters());
  train::Optimizer optimizer(arena, {});
  const Tensor ids = Tensor::from(std::vector<std::int64_t>{5, 6, 7, 1, 7, 6, 9, 8, 4, 1, 4, 8}, {2, 6});
  const Tensor targets =
      Tensor::from(std::vector<std::int64_t>{-100, -100, -100, 7, 6, 5, -100, -100, -100, 4, 8, 9}, {2, 6});
  const Tensor prefix = Tensor::from(std::vector<std::int64_t>{4, 4}, {2});
  float first = 0, last = 0;
  for (int step = 0; step < 60; ++step) {
    const Tensor loss = model->loss(ids, prefix, targets, {});
    last = static_cast<float>(loss.item());
    if (step == 0) first = last;
    backward(loss);
    arena.finish_gradients();
    optimizer.step(3e-2);
  }
  EXPECT_LT(last, 0.2F * first);
}

TEST(PrefixLanguageModel, IsReadBackAsItWasSaved) {
  const io::TestDirectory directory, again;
  const auto model = small_model();
  model->save(directory.path());
  const auto loaded = load_causal_language_model(directory.path());
  const auto* same = dynamic_cast<const PrefixLanguageModel*>(loaded.get());
  ASSERT_NE(same, nullptr);
  const NoGrad no_grad;
  const Tensor ids = ids_of(3, 9), prefix = Tensor::from(prefixes, {3});
  EXPECT_EQ(same->hidden_states(ids, prefix, {}).to_vector<float>(),
            model->hidden_states(ids, prefix, {}).to_vector<float>());
  loaded->save(again.path());
  testing::expect_same_tensors(directory.path(), again.path());
}

}  // namespace
}  // namespace attune::models
