// Attention as a soft dictionary lookup, with the scoring function left open.
//
// These forms materialise the weights, for study and for comparison; nn/attention.h uses the tiled operation.
#pragma once

#include <functional>

#include "attune/nn/linear.h"
#include "attune/ops/attention/attention.h"

namespace attune::nn {

// How well each query matches each key: q (B, H, Tq, Dh), k (B, H, Tk, Dh) -> (B, H, Tq, Tk).
using Scoring = std::function<Tensor(const Tensor& q, const Tensor& k)>;

// q . k (Luong et al., 1508.04025). Its variance grows with Dh, and the softmax saturates.
Tensor dot_score(const Tensor& q, const Tensor& k);

// q . k / sqrt(Dh) (1706.03762, section 3.2.1): unit variance whatever the width.
Tensor scaled_dot_score(const Tensor& q, const Tensor& k);

// v . tanh(W_q q + W_k k) (Bahdanau et al., 1409.0473, appendix A.1.2); the heads share the parameters.
struct AdditiveScore {
  Linear query, key;  // Dh -> A
  Linear energy;      // A -> 1

  AdditiveScore(const Scope& scope, std::int64_t head_width, std::int64_t hidden, Initializer initializer);

  Tensor operator()(const Tensor& q, const Tensor& k) const;
};

struct Lookup {
  Tensor values;   // (B, Tq, H, Dh): the weighted mean of the dictionary's values
  Tensor weights;  // (B, H, Tq, Tk): each row sums to one
};

// softmax(score(q, k) + bias) v for q (B, Tq, H, Dh), k and v (B, Tk, H, Dh). Takes the masks, the bias and
// the head mask of `options`; the scale belongs to the scoring function, and there is no dropout.
Lookup soft_lookup(const Scoring& score, const Tensor& q, const Tensor& k, const Tensor& v,
                   const ops::AttentionOptions& options = {});

}  // namespace attune::nn
