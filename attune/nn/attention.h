// Multi-head attention (1706.03762, section 3.2.2).
#pragma once

#include "attune/nn/context.h"
#include "attune/nn/decoder_cache.h"
#include "attune/nn/dropout.h"
#include "attune/nn/key_value_cache.h"
#include "attune/nn/linear.h"
#include "attune/nn/scoring.h"
#include "attune/ops/attention/attention.h"

namespace attune::nn {

// MultiHead(x) = Concat(head_1, ..., head_H) W_O, head_i = Attention(x W_Q, x W_K, x W_V), with queries, keys
// and values taken from the same x in one product.
class SelfAttention {
 public:
  struct Options {
    std::int64_t width, heads;
    double dropout = 0;                // of the attention weights
    std::int64_t head_width = 0;       // Dh; 0: D / H
    std::optional<double> scale = {};  // of the scores; 1 / sqrt(Dh) when not given
    bool with_bias = true;             // of the projections
  };

  // `input` and `output` initialise the two projections.
  SelfAttention(const Scope& scope, const Options& options, Initializer input, Initializer output);

  // Replaces the scaled dot product by another scoring function; the weights are then materialised.
  void set_scoring(Scoring scoring) { scoring_ = std::move(scoring); }

  // x (B, T, D) -> (B, T, D). `mask` says who sees whom; its scale and dropout are set here. With a cache, x
  // holds only the new positions, and the keys and values of the earlier ones come from layer `layer` of it.
  Tensor operator()(const Tensor& x, ops::AttentionOptions mask, const Context& context) const;
  Tensor operator()(const Tensor& x, ops::AttentionOptions mask, const Context& context, KeyValueCache& cache,
                    std::int64_t layer) const;
  // The same for the hypotheses (B K, T, D) of an encoder-decoder, whose pasts may have been reordered.
  Tensor operator()(const Tensor& x, ops::AttentionOptions mask, const Context& context, DecoderCache& cache,
                    std::int64_t layer) const;

  // The same for those who ask nothing of the positions before: only the last `count` look, (B, count, D).
  Tensor last(const Tensor& x, std::int64_t count, ops::AttentionOptions mask, const Context& context) const;

  // Packs the projections for inference.
  void pack() {
    query_key_value.pack();
    output.pack();
  }

  // The weights (B, H, T, T) that x gives rise to, for looking at.
  Tensor weights(const Tensor& x, ops::AttentionOptions mask) const;

  Linear query_key_value;  // D -> 3 H Dh
  Linear output;           // H Dh -> D

 private:
  Tensor project(const Tensor& x) const;  // (B, T, D) -> (B, T, 3, H, Dh)
  // Only some of queries (0), keys (1) and values (2): (B, T, D) -> (B, T, end - begin, H, Dh).
  Tensor project(const Tensor& x, std::int64_t begin, std::int64_t end) const;
  Tensor merge_heads(const Tensor& heads) const;

  std::int64_t heads_;
  std::optional<double> scale_;
  Dropout dropout_;
  Scoring scoring_;  // empty: the tiled scaled dot product
};

}  // namespace attune::nn
