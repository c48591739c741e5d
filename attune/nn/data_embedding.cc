#include "attune/nn/data_embedding.h"

#include "attune/nn/position.h"
#include "attune/ops/add/add.h"
#include "attune/ops/views/views.h"

namespace attune::nn {

DataEmbedding::DataEmbedding(const Scope& scope, const Options& options)
    : value_(scope / "value", options.channels, options.width, options.value),
      temporal_(scope / "temporal", options.temporal, options.width),
      positions_(sinusoidal_positions(0, options.longest, options.width, SinusoidOrder::interleaved)),
      dropout_{options.dropout} {}

Tensor DataEmbedding::operator()(const Tensor& x, const TimeMarks& marks, std::int64_t first,
                                 const Context& context) const {
  const std::int64_t end = first + x.dim(1);
  check(end <= positions_.dim(0), "data embedding: {} steps, expected at most {}", end, positions_.dim(0));
  Tensor sum = ops::add(value_(x), ops::slice(positions_, 0, first, end));  // (B, T, D)
  if (const Tensor temporal = temporal_(marks); temporal.defined()) sum = ops::add(sum, temporal);
  return dropout_(sum, context);  // (B, T, D)
}

}  // namespace attune::nn
