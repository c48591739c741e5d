// An encoder-decoder from blocks that differs from the paper's where one can choose: the normalisation before
// each sub-layer, learned positions, and another scoring function in the encoder. It learns to turn sequences
// around.
#include <cstdio>

#include "attune/attune.h"

using namespace attune;

constexpr std::int64_t batch = 32, length = 5, digits = 8, width = 32, heads = 2, start = digits;
const nn::Initializer normal = nn::Initializer::normal(0.15);

struct Translator {
  nn::Parameters parameters;
  nn::Scope root{parameters};
  nn::Embedding embedding{root / "embedding", digits + 1, width, nn::Initializer::normal(0.5)};
  nn::Embedding positions{root / "positions", length, width, nn::Initializer::normal(0.5)};
  nn::SelfAttention encoder_attention{root / "encoder", {width, heads}, normal, normal};
  nn::SelfAttention decoder_attention{root / "decoder", {width, heads}, normal, normal};
  nn::CrossAttention cross_attention{root / "cross", {width, heads}, normal, normal};
  nn::FeedForward feed_forward{root / "feed_forward",     width,  2 * width,
                               ops::ActivationKind::relu, normal, normal};
  nn::LayerNorm encoder_norm{root / "encoder_norm", width, 1e-5},
      memory_norm{root / "memory_norm", width, 1e-5}, decoder_norm{root / "decoder_norm", width, 1e-5},
      cross_norm{root / "cross_norm", width, 1e-5},
      feed_forward_norm{root / "feed_forward_norm", width, 1e-5}, last_norm{root / "last_norm", width, 1e-5};
  nn::AdditiveScore additive{root / "additive", width / heads, width / heads, normal};

  Tensor embed(const Tensor& ids) const {
    return ops::add(embedding(ids), positions(Tensor::arange(length)));
  }

  Tensor loss(const Tensor& source, const Tensor& inputs, const Tensor& targets) const {
    const nn::Context context{.training = true};
    ops::AttentionOptions causal;
    causal.causal = true;
    Tensor memory = nn::pre_norm(embed(source), encoder_norm, context, [&](const Tensor& h) {
      return encoder_attention(h, {}, context);
    });                                     // (B, S, D)
    memory = memory_norm(memory, context);  // (B, S, D)
    Tensor x = nn::pre_norm(embed(inputs), decoder_norm, context, [&](const Tensor& h) {
      return decoder_attention(h, causal, context);
    });  // (B, T, D)
    x = nn::pre_norm(x, cross_norm, context,
                     [&](const Tensor& h) { return cross_attention(h, memory, {}, context); });  // (B, T, D)
    x = nn::pre_norm(x, feed_forward_norm, context, feed_forward);                               // (B, T, D)
    return ops::linear_cross_entropy(last_norm(x, context), embedding.weight, targets);
  }
};

double learn(const char* name, Translator& model) {
  Generator generator{.seed = 1};
  model.parameters.initialize(generator);
  train::Arena arena(model.parameters);
  train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adam});
  double last = 0;
  for (int step = 0; step < 400; ++step) {
    std::vector<std::int64_t> source, inputs, targets;
    for (std::int64_t b = 0; b < batch; ++b) {
      const auto words = random_words(7, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(b));
      for (std::int64_t t = 0; t < length; ++t) source.push_back((words.word[0] >> (3 * t)) % digits);
      for (std::int64_t t = 0; t < length; ++t) {
        inputs.push_back(t == 0 ? start : targets.back());
        targets.push_back(source[static_cast<std::size_t>((b + 1) * length - 1 - t)]);
      }
    }
    const auto ids = [](const auto& values) { return Tensor::from(values, {batch, length}); };  // (B, T)
    const Tensor loss = model.loss(ids(source), ids(inputs), ids(targets));
    last = loss.item();
    backward(loss);
    arena.finish_gradients();
    optimizer.step(3e-3);
  }
  std::printf("%-20s loss %.4f after 400 steps\n", name, last);
  return last;
}

int main() {
  Translator scaled, unscaled, additive;
  unscaled.encoder_attention.set_scoring(nn::dot_score);
  additive.encoder_attention.set_scoring(additive.additive);
  const bool learned = learn("scaled dot product", scaled) < 0.1 && learn("dot product", unscaled) < 0.1 &&
                       learn("additive", additive) < 0.1;
  return learned ? 0 : 1;
}
