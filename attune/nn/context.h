// What a forward pass is for.
#pragma once

#include "attune/ops/cast/cast.h"
#include "attune/tensor/random.h"

namespace attune::nn {

struct Context {
  bool training = false;           // dropout acts only in training
  Generator* random = nullptr;     // the source of dropout masks; required when training with dropout
  DType compute = DType::float32;  // the type of products; sums over the residual stream stay in float32
};

// The type in which products with x run.
inline DType compute_type(const Tensor& x, const Context& context) {
  return x.dtype() == DType::float64 ? DType::float64 : context.compute;
}

// x in that type.
inline Tensor for_products(const Tensor& x, const Context& context) {
  return ops::cast(x, compute_type(x, context));
}

}  // namespace attune::nn
