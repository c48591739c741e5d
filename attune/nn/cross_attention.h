// Encoder-decoder attention (1706.03762, section 3.2.3): queries come from the decoder, keys and values from
// the output of the encoder, so that every position of the decoder sees all of the source.
#pragma once

#include "attune/nn/context.h"
#include "attune/nn/decoder_cache.h"
#include "attune/nn/dropout.h"
#include "attune/nn/linear.h"
#include "attune/ops/attention/attention.h"

namespace attune::nn {

// Shapes: B sources, K hypotheses of each, S source tokens, T target tokens, D width, H heads, Dh head width.
class CrossAttention {
 public:
  struct Options {
    std::int64_t width, heads;
    double dropout = 0;                // of the attention weights
    std::int64_t head_width = 0;       // Dh; 0: D / H
    std::optional<double> scale = {};  // of the scores; 1 / sqrt(Dh) when not given
    bool with_bias = true;             // of the projections
  };

  // `input` and `output` initialise the projections.
  CrossAttention(const Scope& scope, const Options& options, Initializer input, Initializer output);

  // x (B, T, D) looks at memory (B, S, D), where memory_mask (B, S) is true or undefined: (B, T, D).
  Tensor operator()(const Tensor& x, const Tensor& memory, const Tensor& memory_mask,
                    const Context& context) const;

  // Step by step: the keys and values of the memory are computed once; the K hypotheses x (B K, T, D) of a
  // source then look at them together.
  void remember(const Tensor& memory, DecoderCache& cache, std::int64_t layer) const;
  Tensor operator()(const Tensor& x, const DecoderCache& cache, std::int64_t layer) const;

  // The weights (B, H, T, S), for looking at.
  Tensor weights(const Tensor& x, const Tensor& memory, const Tensor& memory_mask) const;

  Linear query;      // D -> H Dh
  Linear key_value;  // D -> 2 H Dh
  Linear output;     // H Dh -> D

 private:
  Tensor queries_of(const Tensor& x) const;           // (B, T, D) -> (B, T, H, Dh)
  Tensor keys_values_of(const Tensor& memory) const;  // (B, S, D) -> (B, S, 2, H, Dh)

  Tensor merge_heads(const Tensor& heads, const Tensor& x) const;

  std::int64_t heads_;
  std::optional<double> scale_;
  Dropout dropout_;
};

}  // namespace attune::nn
