// transformer_step [STEPS] [bfloat16]: seconds of a training step of the encoder-decoder that bench/peers
// trains in PyTorch: 3 + 3 layers, width 256, feed-forward 512, 8 heads, vocabulary 8,000, a batch of 128
// pairs of 16 + 16 tokens, Adam.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "attune/autograd/tape.h"
#include "attune/models/transformer/transformer.h"
#include "attune/train/optimizer.h"

namespace {

using namespace attune;

models::TransformerConfig config() {
  models::TransformerConfig config;
  config.vocab_size = 8000;
  config.max_position_embeddings = 64;
  config.d_model = 256;
  config.encoder_layers = config.decoder_layers = 3;
  config.encoder_ffn_dim = config.decoder_ffn_dim = 512;
  return config;  // 8 heads, ReLU, dropout 0.1 of every sub-layer
}

Tensor random_tokens(std::int64_t batch, std::int64_t tokens, Generator& generator) {
  const Tensor ids = Tensor::empty({batch, tokens}, DType::int64);
  const std::uint64_t stream = generator.next();
  for (std::int64_t i = 0; i < ids.elements(); ++i) {
    const auto word = random_words(generator.seed, stream, static_cast<std::uint64_t>(i)).word[0];
    ids.mutable_data<std::int64_t>()[i] = 3 + word % 7997;
  }
  return ids;
}

void measure(int steps, DType compute) {
  const models::Transformer model(config());
  Generator generator{.seed = 1};
  model.parameters().initialize(generator);
  train::Arena arena(model.parameters(), {.bfloat16_copies = compute == DType::bfloat16});
  train::Optimizer optimizer(arena, {.kind = train::OptimizerKind::adam});
  const models::SequenceBatch source{random_tokens(128, 16, generator), {}};
  const models::SequenceBatch inputs{random_tokens(128, 16, generator), {}};
  const Tensor targets = random_tokens(128, 16, generator);
  const nn::Context context{.training = true, .random = &generator, .compute = compute};

  std::vector<double> seconds;
  for (int step = 0; step < steps; ++step) {
    const auto start = std::chrono::steady_clock::now();
    const Tensor loss = model.loss(source, inputs, targets, 0.1, context);
    const auto middle = std::chrono::steady_clock::now();
    backward(loss);
    const auto end = std::chrono::steady_clock::now();
    arena.finish_gradients();
    optimizer.step(1e-4);
    const auto done = std::chrono::steady_clock::now();
    const auto since = [](auto a, auto b) { return std::chrono::duration<double>(b - a).count(); };
    fmt::print(
        "step {}: loss {:.3f}, forward {:.3f} s, backward {:.3f} s, optimizer {:.3f} s, all {:.3f} s\n", step,
        loss.item(), since(start, middle), since(middle, end), since(end, done), since(start, done));
    seconds.push_back(since(start, done));
  }
  std::ranges::sort(seconds);
  fmt::print("median {:.3f} s, best {:.3f} s, {:.0f} target tokens/s\n", seconds[seconds.size() / 2],
             seconds.front(), 128 * 16 / seconds[seconds.size() / 2]);
}

}  // namespace

int main(int argc, char** argv) {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 20;
  const bool narrow = argc > 2 && std::string_view(argv[2]) == "bfloat16";
  measure(std::max(steps, 1), narrow ? DType::bfloat16 : DType::float32);
}
