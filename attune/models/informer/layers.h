// The layers of an Informer (Zhou et al., 2012.07436, figure 2): those of the Transformer with ProbSparse
// attention, and what halves the encoder's sequence between them.
//
// Shapes: B windows, L steps of the encoder, T steps of the decoder, D width.
#pragma once

#include "attune/models/informer/config.h"
#include "attune/nn/batch_norm.h"
#include "attune/nn/encoder_layer.h"
#include "attune/nn/prob_sparse_attention.h"

namespace attune::models {

class InformerEncoderLayer {
 public:
  InformerEncoderLayer(const nn::Scope& scope, const InformerConfig& config);
  Tensor operator()(const Tensor& x, const nn::Context& context) const;  // (B, L, D) -> (B, L, D)

  nn::ProbSparseAttention self_attention;

 private:
  nn::LayerNorm self_attention_norm_;
  nn::FeedForward feed_forward_;
  nn::LayerNorm feed_forward_norm_;
  nn::Dropout dropout_;
};

// Both kinds of attention are ProbSparse, as in the Time-Series-Library; the paper's own code attends to the
// encoder in full.
class InformerDecoderLayer {
 public:
  InformerDecoderLayer(const nn::Scope& scope, const InformerConfig& config);
  // x (B, T, D), memory (B, L', D) -> (B, T, D)
  Tensor operator()(const Tensor& x, const Tensor& memory, const nn::Context& context) const;

  nn::ProbSparseAttention self_attention, cross_attention;

 private:
  nn::LayerNorm self_attention_norm_, cross_attention_norm_;
  nn::FeedForward feed_forward_;
  nn::LayerNorm feed_forward_norm_;
  nn::Dropout dropout_;
};

// Self-attention distilling (section 3.2): MaxPool(ELU(BatchNorm(Conv1d(x)))), where the convolution has a
// width of three steps and a circular padding of two. In training the running moments follow those of the
// batch.
class Distilling {
 public:
  Distilling(const nn::Scope& scope, std::int64_t width);
  // (B, L, D) -> (B, floor((L + 1) / 2) + 1, D) float32
  Tensor operator()(const Tensor& x, const nn::Context& context) const;

 private:
  nn::Linear convolution_;  // 3 D -> D
  nn::BatchNorm norm_;
};

}  // namespace attune::models
