// Pieces that the families' heads are made of.
#pragma once

#include "attune/models/text/family.h"
#include "attune/nn/dropout.h"
#include "attune/nn/layer_norm.h"
#include "attune/nn/linear.h"
#include "attune/ops/activation/activation.h"

namespace attune::models {

// (B, T, D) -> (B, D): the first token, which stands for the text ([CLS], <s>).
Tensor first_token(const Tensor& hidden);

// second(first(hidden)); empty where `first` is.
HeadLayers in_order(HeadLayers first, HeadLayers second);

// Linear(dropout(x)) on whatever it is given.
HeadLayers dropout_linear(nn::Linear linear, double dropout);

// act(Linear(first token)).
HeadLayers first_token_dense(nn::Linear dense, ops::ActivationKind activation);

// LayerNorm(act(Linear(x))): what stands before the output layer of a masked language model.
HeadLayers dense_norm(nn::Linear dense, ops::ActivationKind activation, nn::LayerNorm norm);

}  // namespace attune::models
