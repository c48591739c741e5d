#include "attune/nn/key_value_cache.h"

#include <cstring>

#include "attune/ops/views/views.h"

namespace attune::nn {

KeyValueCache::KeyValueCache(std::int64_t layers, std::int64_t batch, std::int64_t capacity,
                             std::int64_t heads, std::int64_t head_width, DType dtype)
    : capacity_(capacity) {
  // In memory (B, H, C, Dh): a query then reads each head's rows as one stream.
  const auto room = [&] {
    const Tensor memory = Tensor::empty({batch, heads, capacity, head_width}, dtype);
    return ops::transpose(memory, 1, 2);  // (B, C, H, Dh)
  };
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    keys_.push_back(room());
    values_.push_back(room());
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

void KeyValueCache::keep(std::span<const std::int64_t> sequences) {
  for (Tensor& keys : keys_) keep_rows(keys, sequences);
  for (Tensor& values : values_) keep_rows(values, sequences);
}

KeyValueCache KeyValueCache::repeated(const Tensor& of, std::int64_t capacity) const {
  const Tensor& any = keys_.front();  // (B, C, H, Dh)
  KeyValueCache copy(std::ssize(keys_), of.dim(0), capacity, any.dim(2), any.dim(3), any.dtype());
  copy.length_ = length_;
  check(length_ <= capacity, "key-value cache: {} positions, room for {}", length_, capacity);
  const Shape one{1, length_, any.dim(2), any.dim(3)};
  const auto repeat = [&](const Tensor& from, const Tensor& to) {
    for (std::int64_t row = 0; row < of.dim(0); ++row) {
      const std::int64_t source = of.data<std::int64_t>()[row];
      check(source >= 0 && source < from.dim(0), "key-value cache: sequence {} of {}", source, from.dim(0));
      to.alias(one, to.strides(), row * to.stride(0))
          .copy_from(from.alias(one, from.strides(), source * from.stride(0)));
    }
  };
  for (std::size_t layer = 0; layer < keys_.size(); ++layer) {
    repeat(keys_[layer], copy.keys_[layer]);
    repeat(values_[layer], copy.values_[layer]);
  }
  return copy;
}

void keep_rows(Tensor& x, std::span<const std::int64_t> rows) {
  const std::size_t row_bytes = static_cast<std::size_t>(x.stride(0)) * size_of(x.dtype());
  std::byte* memory = x.raw_mutable_data();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto from = static_cast<std::size_t>(rows[i]);
    if (from != i) std::memcpy(memory + i * row_bytes, memory + from * row_bytes, row_bytes);
  }
  x = x.alias(x.shape().with(0, std::ssize(rows)), x.strides(), 0);
}

}  // namespace attune::nn
