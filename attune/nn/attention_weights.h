// The attention weights of a forward pass, for looking at.
#pragma once

#include <vector>

#include "attune/tensor/tensor.h"

namespace attune::nn {

// Every attention block of a pass adds its weights, so that they stand in the order of the layers. What the
// encoder and what the decoder looked at is told apart by giving each pass its own (HF: encoder_attentions,
// decoder_attentions, cross_attentions).
//
//   nn::AttentionWeights weights;
//   nn::Context context;
//   context.attention = &weights;
//   model.hidden_states(ids, context);  // weights.self holds one tensor a layer
struct AttentionWeights {
  std::vector<Tensor> self;   // (B, H, Tq, Tk) of a sequence to itself
  std::vector<Tensor> cross;  // (B, H, T, S) of a target to its source
};

}  // namespace attune::nn
