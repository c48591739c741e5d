// What a forward pass is for.
#pragma once

#include "attune/tensor/random.h"

namespace attune::nn {

struct AttentionWeights;  // attune/nn/attention_weights.h

struct Context {
  bool training = false;           // dropout acts only in training
  Generator* random = nullptr;     // the source of dropout masks; required when training with dropout
  DType compute = DType::float32;  // the type of products; sums over the residual stream stay in float32
  AttentionWeights* attention = nullptr;  // when set, attention blocks hand their weights to it
};

}  // namespace attune::nn
