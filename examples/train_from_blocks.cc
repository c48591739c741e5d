// Builds a small language model from blocks and trains it to continue "abcabcabc...".
#include <cstdio>

#include "attune/attune.h"

using namespace attune;

// One Transformer layer between an embedding and an output layer.
struct TinyModel {
  nn::Parameters parameters;
  nn::Scope root{parameters};
  nn::Embedding embedding{root / "embedding", 3, 16, nn::Initializer::normal(0.5)};
  nn::LayerNorm norm{root / "norm", 16, 1e-5};
  nn::SelfAttention attention{root / "attention",
                              {.width = 16, .heads = 2},
                              nn::Initializer::normal(0.2),
                              nn::Initializer::normal(0.2)};
  nn::LayerNorm last_norm{root / "last_norm", 16, 1e-5};
  nn::FeedForward feed_forward{
      root / "feed_forward",       16, 64, ops::ActivationKind::relu, nn::Initializer::normal(0.2),
      nn::Initializer::normal(0.2)};
  nn::Linear output{root / "output", 16, 3, nn::Initializer::normal(0.2)};

  Tensor logits(const Tensor& ids, const nn::Context& context) const {
    ops::AttentionOptions causal;
    causal.causal = true;
    Tensor x =
        ops::add(embedding(ids), nn::sinusoidal_positions(0, ids.dim(1), 16, nn::SinusoidOrder::interleaved));
    x = nn::pre_norm(x, norm, context,
                     [&](const Tensor& h) { return attention(h, causal, context); });  // (B, T, 16)
    x = nn::pre_norm(x, last_norm, context, feed_forward);                             // (B, T, 16)
    return output(x);                                                                  // (B, T, 3)
  }
};

int main() {
  TinyModel model;
  Generator generator{.seed = 1};
  model.parameters.initialize(generator);
  train::Arena arena(model.parameters);
  train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adamw});

  const Tensor ids = Tensor::from<std::int64_t>({0, 1, 2, 0, 1, 2, 0, 1}, {1, 8});
  const Tensor targets = Tensor::from<std::int64_t>({1, 2, 0, 1, 2, 0, 1, 2}, {1, 8});
  double loss = 0;
  for (int step = 0; step < 100; ++step) {
    const Tensor objective = ops::cross_entropy(model.logits(ids, {.training = true}), targets);
    backward(objective);
    arena.finish_gradients();
    optimizer.step(1e-2);
    loss = objective.item();
    if (step % 20 == 0) std::printf("step %d: loss %.4f\n", step, loss);
  }
  std::printf("loss %.4f after 100 steps\n", loss);
  return loss < 0.05 ? 0 : 1;
}
