#include "attune/nn/key_value_cache.h"

namespace attune::nn {

KeyValueCache::KeyValueCache(std::int64_t layers, std::int64_t batch, std::int64_t capacity,
                             std::int64_t heads, std::int64_t head_width, DType dtype)
    : capacity_(capacity) {
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    keys_.push_back(Tensor::empty({batch, capacity, heads, head_width}, dtype));    // (B, C, H, Dh)
    values_.push_back(Tensor::empty({batch, capacity, heads, head_width}, dtype));  // (B, C, H, Dh)
  }
}

KeyValueCache::View KeyValueCache::extend(std::int64_t layer, const Tensor& keys, const Tensor& values) {
  const std::int64_t total = length_ + keys.dim(1);
  check(total <= capacity_, "key-value cache: {} positions, room for {}", total, capacity_);
  const auto write = [&](const Tensor& cache, const Tensor& added) {
    cache.alias(added.shape(), cache.strides(), length_ * cache.stride(1)).copy_from(added);
    return cache.alias(cache.shape().with(1, total), cache.strides(), 0);  // (B, length + T, H, Dh)
  };
  const auto index = static_cast<std::size_t>(layer);
  return {write(keys_.at(index), keys), write(values_.at(index), values)};
}

void KeyValueCache::advance(std::int64_t positions) { length_ += positions; }

}  // namespace attune::nn
