#include "attune/models/t5/summary.h"

#include <fmt/format.h>

#include "attune/models/t5/t5.h"

namespace attune::models {
namespace {

constexpr std::int64_t bytes = 4;  // of a float32

// What a layer keeps for its backward pass. An attention: its normalised input, queries, keys and values, the
// heads' result, the sum. The feed-forward network: its normalised input, what goes into the activation and
// comes out of it (with a gate also what the gate multiplies, and the product), the sum.
std::int64_t attention_floats(const T5Config& config) {
  return 2 * config.d_model + 4 * config.num_heads * config.d_kv;
}
std::int64_t feed_forward_floats(const T5Config& config) {
  return 2 * config.d_model + (config.is_gated_act ? 4 : 2) * config.d_ff;
}

}  // namespace

std::vector<ShapeLine> t5_shapes(const T5Config& config, std::int64_t batch, std::int64_t tokens) {
  const std::int64_t heads = config.num_heads * config.d_kv;
  const auto three = [&](const char* letters, std::int64_t last) {
    return fmt::format("{} = ({}, {}, {})", letters, batch, tokens, last);
  };
  const auto weights = [&](const char* letters) {
    return fmt::format("{} = ({}, {}, {}, {}), in tiles", letters, batch, config.num_heads, tokens, tokens);
  };
  const std::string source = three("(B, S, D)", config.d_model), target = three("(B, T, D)", config.d_model);
  const std::string bias =
      fmt::format("(buckets, H) = ({}, {})", config.relative_attention_num_buckets, config.num_heads);
  return {{"source ids", fmt::format("(B, S) = ({}, {})", batch, tokens)},
          {"embedding", source},
          {"encoder.position_bias", bias},
          {fmt::format("encoder.layers.0 .. {}:", config.num_layers - 1), source},
          {"  self_attention_norm", source},
          {"  self_attention.query_key_value", three("(B, S, 3 H Dh)", 3 * heads)},
          {"  self_attention weights", weights("(B, H, S, S)")},
          {"  self_attention.output + residual", source},
          {"  feed_forward_norm", source},
          {config.is_gated_act ? "  feed_forward.gate, .value" : "  feed_forward.expand",
           three("(B, S, F)", config.d_ff)},
          {"  feed_forward.contract + residual", source},
          {"encoder.final_norm", source},
          {"target ids", fmt::format("(B, T) = ({}, {})", batch, tokens)},
          {"embedding", target},
          {"decoder.position_bias", bias},
          {fmt::format("decoder.layers.0 .. {}:", config.num_decoder_layers - 1), target},
          {"  self_attention, as the encoder's, causal", target},
          {"  cross_attention.query", three("(B, T, H Dh)", heads)},
          {"  cross_attention.key_value of the source", three("(B, S, 2 H Dh)", 2 * heads)},
          {"  cross_attention weights", weights("(B, H, T, S)")},
          {"  cross_attention.output + residual", target},
          {"  feed_forward, as the encoder's", target},
          {"decoder.final_norm", target},
          {"logits", three("(B, T, V)", config.vocab_size)}};
}

MemoryEstimate t5_inference_memory(const T5Config& config, std::int64_t batch, std::int64_t tokens) {
  const std::int64_t positions = batch * tokens, heads = config.num_heads * config.d_kv;
  return {.parameters = bytes * T5(config).parameters().count(),
          // Of the target so far and of the source, in every layer of the decoder.
          .cache = bytes * 2 * 2 * config.num_decoder_layers * positions * heads,
          // The encoder's pass holds the residual stream, one branch, and the widest product.
          .activations = bytes * positions * (3 * config.d_model + 2 * config.d_ff)};
}

MemoryEstimate t5_training_memory(const T5Config& config, std::int64_t batch, std::int64_t tokens) {
  const std::int64_t parameters = T5(config).parameters().count();
  const std::int64_t encoder = attention_floats(config) + feed_forward_floats(config);
  const std::int64_t decoder = encoder + attention_floats(config);
  return {.parameters = bytes * parameters,
          .optimizer = bytes * 3 * parameters,
          .activations = bytes * batch * tokens *
                         (config.num_layers * encoder + config.num_decoder_layers * decoder +
                          4 * config.d_model + config.vocab_size)};
}

}  // namespace attune::models
