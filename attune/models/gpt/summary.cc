#include "attune/models/gpt/summary.h"

#include <fmt/format.h>

#include "attune/models/gpt/gpt.h"

namespace attune::models {
namespace {

constexpr std::int64_t bytes = 4;  // of a float32

}  // namespace

std::vector<ShapeLine> gpt_shapes(const GptConfig& config, std::int64_t batch, std::int64_t tokens) {
  const std::int64_t width = config.n_embd, heads = config.n_head;
  const auto three = [&](const char* letters, std::int64_t last) {
    return fmt::format("{} = ({}, {}, {})", letters, batch, tokens, last);
  };
  const std::string stream = three("(B, T, D)", width);
  const std::string weights =
      fmt::format("(B, H, T, T) = ({}, {}, {}, {}), in tiles", batch, heads, tokens, tokens);
  return {{"ids", fmt::format("(B, T) = ({}, {})", batch, tokens)},
          {"token_embedding + position_embedding", stream},
          {fmt::format("layers.0 .. layers.{}:", config.n_layer - 1), stream},
          {"  attention.query_key_value", three("(B, T, 3 D)", 3 * width)},
          {"  attention weights", weights},
          {"  attention heads",
           fmt::format("(B, T, H, Dh) = ({}, {}, {}, {})", batch, tokens, heads, width / heads)},
          {"  attention.output", stream},
          {"  attention_norm of the sum", stream},
          {"  feed_forward.expand", three("(B, T, F)", config.feed_forward_width())},
          {"  feed_forward.contract", stream},
          {"  feed_forward_norm of the sum", stream},
          {"logits", three("(B, T, V)", config.vocab_size)}};
}

MemoryEstimate gpt_inference_memory(const GptConfig& config, std::int64_t batch) {
  const std::int64_t positions = batch * config.n_positions;
  return {.parameters = bytes * Gpt(config).parameters().count(),
          .cache = bytes * 2 * config.n_layer * positions * config.n_embd,
          // The prompt's pass holds the residual stream, one branch, and the widest product.
          .activations = bytes * positions * (3 * config.n_embd + 2 * config.feed_forward_width())};
}

MemoryEstimate gpt_training_memory(const GptConfig& config, std::int64_t batch, std::int64_t tokens) {
  const std::int64_t parameters = Gpt(config).parameters().count();
  // Kept by one layer for its backward pass: queries, keys and values, the heads' result, both residual sums
  // and both norms' outputs; and what goes into the activation and comes out of it.
  const std::int64_t per_layer = 8 * config.n_embd + 2 * config.feed_forward_width();
  return {.parameters = bytes * parameters,
          .optimizer = bytes * 3 * parameters,
          .activations =
              bytes * batch * tokens * (config.n_layer * per_layer + 3 * config.n_embd + config.vocab_size)};
}

}  // namespace attune::models
