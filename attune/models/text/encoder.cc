#include "attune/models/text/encoder.h"

namespace attune::models {

void expect_batch(const TextBatch& batch, std::int64_t max_length, const char* family) {
  const Tensor& ids = batch.ids;
  check(ids.rank() == 2 && ids.dtype() == DType::int64, "{}: ids are {} {}, expected int64 (B, T)", family,
        name_of(ids.dtype()), ids.shape());
  check(ids.dim(1) <= max_length,
        "{}: a text has {} tokens, expected at most {} (max_position_embeddings): truncate it", family,
        ids.dim(1), max_length);
  const auto beside = [&](const char* what, const Tensor& tensor, DType dtype) {
    check(!tensor.defined() || (tensor.dtype() == dtype && tensor.shape() == ids.shape()),
          "{}: the {} is {} {}, expected {} {}, the shape of the ids", family, what,
          tensor.defined() ? name_of(tensor.dtype()) : "", tensor.defined() ? tensor.shape() : Shape{},
          name_of(dtype), ids.shape());
  };
  beside("mask", batch.mask, DType::boolean);
  beside("tensor of token types", batch.token_types, DType::int64);
}

Tensor token_types_of(const TextBatch& batch) {
  return batch.token_types.defined() ? batch.token_types : Tensor::zeros(batch.ids.shape(), DType::int64);
}

}  // namespace attune::models
