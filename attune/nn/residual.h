// Where the normalisation stands in a residual block.
#pragma once

#include "attune/nn/layer_norm.h"
#include "attune/ops/add/add.h"

namespace attune::nn {

// LayerNorm(x + f(x)): the original order (1706.03762, section 3.1; GPT, BERT). The stream x and the result
// have one type; f sees x in the type that products run in.
template <typename Sublayer>
Tensor post_norm(const Tensor& x, const LayerNorm& norm, const Context& context, Sublayer&& f) {
  const Tensor branch = f(for_products(x, context));
  return ops::residual_layer_norm(x, branch, norm.weight, norm.bias, norm.epsilon).normed;
}

// x + f(LayerNorm(x)): gradients reach every layer undamped (Xiong et al., 2002.04745; GPT-2).
template <typename Sublayer>
Tensor pre_norm(const Tensor& x, const LayerNorm& norm, const Context& context, Sublayer&& f) {
  return ops::add(x, f(norm(x, context)));
}

}  // namespace attune::nn
