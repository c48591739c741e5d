#include "attune/models/text/summary.h"

#include <fmt/format.h>

namespace attune::models {
namespace {

constexpr std::int64_t bytes = 4;  // of a float32

std::string shape(const char* letters, std::int64_t a, std::int64_t b) {
  return fmt::format("{} = ({}, {})", letters, a, b);
}
std::string shape(const char* letters, std::int64_t a, std::int64_t b, std::int64_t c) {
  return fmt::format("{} = ({}, {}, {})", letters, a, b, c);
}

bool predicts_tokens(HeadKind head) {
  return head == HeadKind::masked_language_model || head == HeadKind::pretraining;
}

// BERT masks 15% of the tokens (1810.04805, section 3.1); only these go through the vocabulary layer.
std::int64_t masked_tokens(std::int64_t batch, std::int64_t tokens) { return batch * tokens * 3 / 20; }

}  // namespace

std::vector<ShapeLine> encoder_shapes(const TextModel& model, std::int64_t batch, std::int64_t tokens) {
  const TextFacts& facts = model.facts();
  const std::int64_t width = facts.width, heads = facts.heads;
  const std::int64_t narrow = model.encoder().word_embedding().dim(1);
  const auto three = [&](const char* letters, std::int64_t last) {
    return shape(letters, batch, tokens, last);
  };
  const std::string stream = three("(B, T, D)", width);
  std::vector<ShapeLine> lines = {{"ids", shape("(B, T)", batch, tokens)}};
  if (narrow == width) {
    lines.push_back({"embeddings", stream});
  } else {
    lines.push_back({"embeddings", three("(B, T, E)", narrow)});
    lines.push_back({"widen", stream});
  }
  const std::vector<ShapeLine> layer = {
      {fmt::format("layers.0 .. layers.{}:", facts.layers - 1), stream},
      {"  self_attention.query_key_value", three("(B, T, 3 D)", 3 * width)},
      {"  self_attention weights",
       fmt::format("(B, H, T, T) = ({}, {}, {}, {}), in tiles", batch, heads, tokens, tokens)},
      {"  self_attention heads",
       fmt::format("(B, T, H, Dh) = ({}, {}, {}, {})", batch, tokens, heads, width / heads)},
      {"  self_attention.output", stream},
      {"  self_attention_norm of the sum", stream},
      {"  feed_forward.expand", three("(B, T, F)", facts.feed_forward)},
      {"  feed_forward.contract", stream},
      {"  feed_forward_norm of the sum", stream}};
  lines.insert(lines.end(), layer.begin(), layer.end());
  return lines;
}

std::vector<ShapeLine> head_shapes(const TextModel& model, HeadKind head, std::int64_t batch,
                                   std::int64_t tokens) {
  const TextFacts& facts = model.facts();
  const std::int64_t labels = model.labels().count(), masked = masked_tokens(batch, tokens);
  const ShapeLine text{facts.causal ? "the last token's state" : "the first token's state",
                       shape("(B, D)", batch, facts.width)};
  switch (head) {
    case HeadKind::none:
    case HeadKind::language_model:
      return {};
    case HeadKind::masked_language_model:
      return {{"logits of M masked tokens", shape("(M, V)", masked, facts.vocab_size)}};
    case HeadKind::pretraining:
      return {{"logits of M masked tokens", shape("(M, V)", masked, facts.vocab_size)},
              {"logits of the pair", shape("(B, 2)", batch, 2)}};
    case HeadKind::sequence_classifier:
      return {text, {"logits", shape("(B, L)", batch, labels)}};
    case HeadKind::token_classifier:
      return {{"logits", shape("(B, T, L)", batch, tokens, labels)}};
    case HeadKind::question_answerer:
      return {{"logits of starts, and of ends", shape("(B, T)", batch, tokens)}};
    case HeadKind::multiple_choice:
      return {text, {"score of a choice", shape("(B, 1)", batch, 1)}};
  }
  return {};
}

MemoryEstimate text_inference_memory(const TextModel& model, std::int64_t batch, std::int64_t tokens) {
  const TextFacts& facts = model.facts();
  // The pass holds the residual stream, one branch, and the widest product.
  return {.parameters = bytes * model.parameters().count(),
          .activations = bytes * batch * tokens * (3 * facts.width + 2 * facts.feed_forward)};
}

MemoryEstimate text_training_memory(const TextModel& model, HeadKind head, std::int64_t batch,
                                    std::int64_t tokens) {
  const TextFacts& facts = model.facts();
  const std::int64_t parameters = model.parameters().count();
  // Kept by one layer for its backward pass: queries, keys and values, the heads' result, both residual sums
  // and both norms' outputs; and what goes into the activation and comes out of it.
  const std::int64_t per_layer = 8 * facts.width + 2 * facts.feed_forward;
  const std::int64_t logits = predicts_tokens(head) ? masked_tokens(batch, tokens) * facts.vocab_size : 0;
  return {.parameters = bytes * parameters,
          .optimizer = bytes * 3 * parameters,
          .activations = bytes * (batch * tokens * (facts.layers * per_layer + 3 * facts.width) + logits)};
}

}  // namespace attune::models
