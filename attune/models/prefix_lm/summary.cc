#include "attune/models/prefix_lm/summary.h"

#include <fmt/format.h>

#include "attune/models/prefix_lm/prefix_lm.h"

namespace attune::models {
namespace {

constexpr std::int64_t bytes = 4;  // of a float32

}  // namespace

std::vector<ShapeLine> prefix_lm_shapes(const PrefixLmConfig& config, std::int64_t batch,
                                        std::int64_t tokens) {
  const T5Config& blocks = config.blocks;
  const std::int64_t heads = blocks.num_heads * blocks.d_kv;
  const auto three = [&](const char* letters, std::int64_t last) {
    return fmt::format("{} = ({}, {}, {})", letters, batch, tokens, last);
  };
  const std::string stream = three("(B, T, D)", blocks.d_model);
  return {{"ids", fmt::format("(B, T) = ({}, {})", batch, tokens)},
          {"embedding", stream},
          {"position_bias",
           fmt::format("(buckets, H) = ({}, {})", blocks.relative_attention_num_buckets, blocks.num_heads)},
          {fmt::format("layers.0 .. {}:", blocks.num_layers - 1), stream},
          {"  self_attention_norm", stream},
          {"  self_attention.query_key_value", three("(B, T, 3 H Dh)", 3 * heads)},
          {"  self_attention weights",
           fmt::format("(B, H, T, T) = ({}, {}, {}, {}), in tiles", batch, blocks.num_heads, tokens, tokens)},
          {"  self_attention.output + residual", stream},
          {"  feed_forward_norm", stream},
          {blocks.is_gated_act ? "  feed_forward.gate, .value" : "  feed_forward.expand",
           three("(B, T, F)", blocks.d_ff)},
          {"  feed_forward.contract + residual", stream},
          {"final_norm", stream},
          {"logits", three("(B, T, V)", blocks.vocab_size)}};
}

MemoryEstimate prefix_lm_inference_memory(const PrefixLmConfig& config, std::int64_t batch) {
  const T5Config& blocks = config.blocks;
  const std::int64_t positions = batch * config.n_positions;
  return {.parameters = bytes * PrefixLanguageModel(config).parameters().count(),
          .cache = bytes * 2 * blocks.num_layers * positions * blocks.num_heads * blocks.d_kv,
          // The prefix's pass holds the residual stream, one branch, and the widest product.
          .activations = bytes * positions * (3 * blocks.d_model + 2 * blocks.d_ff)};
}

MemoryEstimate prefix_lm_training_memory(const PrefixLmConfig& config, std::int64_t batch,
                                         std::int64_t tokens) {
  const T5Config& blocks = config.blocks;
  const std::int64_t parameters = PrefixLanguageModel(config).parameters().count();
  // Kept by one layer for its backward pass: both normalised inputs and sums; queries, keys, values and the
  // heads' result; what goes into the activation and comes out of it, with a gate also what it multiplies and
  // the product.
  const std::int64_t per_layer =
      4 * blocks.d_model + 4 * blocks.num_heads * blocks.d_kv + (blocks.is_gated_act ? 4 : 2) * blocks.d_ff;
  return {.parameters = bytes * parameters,
          .optimizer = bytes * 3 * parameters,
          .activations = bytes * batch * tokens *
                         (blocks.num_layers * per_layer + 3 * blocks.d_model + blocks.vocab_size)};
}

}  // namespace attune::models
