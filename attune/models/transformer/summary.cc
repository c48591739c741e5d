#include "attune/models/transformer/summary.h"

#include <fmt/format.h>

#include "attune/models/transformer/transformer.h"

namespace attune::models {
namespace {

constexpr std::int64_t bytes = 4;  // of a float32

}  // namespace

std::vector<ShapeLine> transformer_shapes(const TransformerConfig& config, std::int64_t batch,
                                          std::int64_t tokens) {
  const std::int64_t width = config.d_model;
  const auto three = [&](const char* letters, std::int64_t last) {
    return fmt::format("{} = ({}, {}, {})", letters, batch, tokens, last);
  };
  const auto weights = [&](const char* letters, std::int64_t heads) {
    return fmt::format("{} = ({}, {}, {}, {}), in tiles", letters, batch, heads, tokens, tokens);
  };
  const std::string source = three("(B, S, D)", width), target = three("(B, T, D)", width);
  return {{"source ids", fmt::format("(B, S) = ({}, {})", batch, tokens)},
          {"embedding + positions", source},
          {fmt::format("encoder.layers.0 .. {}:", config.encoder_layers - 1), source},
          {"  self_attention.query_key_value", three("(B, S, 3 D)", 3 * width)},
          {"  self_attention weights", weights("(B, H, S, S)", config.encoder_attention_heads)},
          {"  self_attention.output", source},
          {"  self_attention_norm of the sum", source},
          {"  feed_forward.expand", three("(B, S, F)", config.encoder_ffn_dim)},
          {"  feed_forward.contract", source},
          {"  feed_forward_norm of the sum", source},
          {"target ids", fmt::format("(B, T) = ({}, {})", batch, tokens)},
          {"embedding + positions", target},
          {fmt::format("decoder.layers.0 .. {}:", config.decoder_layers - 1), target},
          {"  self_attention, as the encoder's, causal", target},
          {"  cross_attention.query", target},
          {"  cross_attention.key_value of the source", three("(B, S, 2 D)", 2 * width)},
          {"  cross_attention weights", weights("(B, H, T, S)", config.decoder_attention_heads)},
          {"  cross_attention.output", target},
          {"  cross_attention_norm of the sum", target},
          {"  feed_forward.expand", three("(B, T, F)", config.decoder_ffn_dim)},
          {"  feed_forward.contract", target},
          {"  feed_forward_norm of the sum", target},
          {"logits", three("(B, T, V)", config.vocab_size)}};
}

MemoryEstimate transformer_inference_memory(const TransformerConfig& config, std::int64_t batch,
                                            std::int64_t tokens) {
  const std::int64_t positions = batch * tokens;
  return {.parameters = bytes * Transformer(config).parameters().count(),
          // Of the target so far and of the source, in every layer of the decoder.
          .cache = bytes * 2 * 2 * config.decoder_layers * positions * config.d_model,
          // The encoder's pass holds the residual stream, one branch, and the widest product.
          .activations = bytes * positions * (3 * config.d_model + 2 * config.encoder_ffn_dim)};
}

MemoryEstimate transformer_training_memory(const TransformerConfig& config, std::int64_t batch,
                                           std::int64_t tokens) {
  const std::int64_t parameters = Transformer(config).parameters().count();
  const std::int64_t width = config.d_model;
  // Kept by a layer for its backward pass: of each attention its queries, keys and values, the heads' result
  // and the sum that is normalised; of the feed-forward network what goes into the activation and comes out
  // of it, and the sum; and every norm's output.
  const std::int64_t encoder = 8 * width + 2 * config.encoder_ffn_dim;
  const std::int64_t decoder = 14 * width + 2 * config.decoder_ffn_dim;
  return {.parameters = bytes * parameters,
          .optimizer = bytes * 3 * parameters,
          .activations = bytes * batch * tokens *
                         (config.encoder_layers * encoder + config.decoder_layers * decoder + 4 * width +
                          config.vocab_size)};
}

}  // namespace attune::models
