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

// A masked language model's: LayerNorm(act(Linear(x))) from the width D to that of the word embedding (V, E),
// which is the output layer's weight, too.
VocabularyHead vocabulary_head(const nn::Scope& scope, std::int64_t width, nn::Initializer initializer,
                               ops::ActivationKind activation, double norm_epsilon, const Tensor& embedding);

}  // namespace attune::models
