// The output layer with its loss on the CPU.
#pragma once

#include "attune/autograd/tape.h"
#include "attune/ops/cross_entropy/cross_entropy.h"

namespace attune::ops {

struct OutputLayer {
  Tensor x;        // (N, D), unit column stride
  Tensor weight;   // (V, D), one unit stride, the type of x
  Tensor bias;     // (V), contiguous, the type of the loss; or undefined
  Tensor targets;  // (N), contiguous
  CrossEntropyOptions options;

  std::int64_t kept_bytes = std::int64_t{256} << 20;  // the most logits that wait for the backward pass
  std::int64_t tile_bytes = std::int64_t{64} << 20;   // the logits of a tile, where not all are kept
};

// What the backward pass needs beside the operands.
struct OutputLayerState {
  std::int64_t count = 0;  // targets that are not ignored
  Tensor gradient;         // (N, V), of the logits, in the memory of the logits; undefined: compute again
};

// Writes `loss` (a scalar, float32 or float64). Keeps the gradient of the logits if it is wanted and small.
OutputLayerState output_layer_forward(const OutputLayer& layer, bool wants_gradient, const Tensor& loss);

// dx (N, D), dweight (V, D), dbias (V); no memory: not wanted.
struct OutputLayerGradients {
  Backward::Target x, weight, bias;
};

// Writes or adds to the gradients for the gradient `dloss` of the loss. Uses up the state.
void output_layer_backward(const OutputLayer& layer, const OutputLayerState& state, const Tensor& dloss,
                           OutputLayerGradients gradients);

// losses (N): the loss of every row.
void output_layer_losses(const OutputLayer& layer, const Tensor& losses);

}  // namespace attune::ops
