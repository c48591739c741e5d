#include "attune/nn/decoder_cache.h"

#include <algorithm>
#include <cstring>

#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

// (B, S, H, Dh) in memory (B, H, S, Dh): a query then reads each head's rows as one stream.
Tensor heads_side_by_side(const Tensor& rows) {
  return ops::transpose(ops::contiguous(ops::transpose(rows, 1, 2)), 1, 2);
}

}  // namespace

DecoderCache::DecoderCache(const Sizes& sizes, Tensor memory_mask)
    : sizes_(sizes),
      memory_mask_(std::move(memory_mask)),
      memory_keys_(static_cast<std::size_t>(sizes.layers)),
      memory_values_(static_cast<std::size_t>(sizes.layers)),
      target_(sizes.layers, sizes.sources * sizes.hypotheses, sizes.capacity, sizes.heads, sizes.head_width) {
}

void DecoderCache::set_memory(std::int64_t layer, const Tensor& keys, const Tensor& values) {
  const auto index = static_cast<std::size_t>(layer);
  memory_keys_.at(index) = heads_side_by_side(keys);
  memory_values_.at(index) = heads_side_by_side(values);
}

const Tensor& DecoderCache::memory_keys(std::int64_t layer) const {
  return memory_keys_.at(static_cast<std::size_t>(layer));
}

const Tensor& DecoderCache::memory_values(std::int64_t layer) const {
  return memory_values_.at(static_cast<std::size_t>(layer));
}

DecoderCache::View DecoderCache::extend(std::int64_t layer, const Tensor& keys, const Tensor& values) {
  return target_.extend(layer, keys, values);
}

Tensor DecoderCache::ancestry(std::int64_t length) const {
  if (!ancestry_.defined()) return {};
  check(length <= capacity(),
        "decoder cache: the ancestry of {} positions was asked for, there is room for {}", length,
        capacity());
  return ancestry_.alias({ancestry_.dim(0), length}, ancestry_.strides(), 0);  // (B K, length)
}

void DecoderCache::reorder(std::span<const std::int64_t> parents) {
  const std::int64_t rows = sizes_.sources * sizes_.hypotheses, group = sizes_.hypotheses;
  check(static_cast<std::int64_t>(parents.size()) == rows, "decoder cache: {} parents for {} hypotheses",
        parents.size(), rows);
  for (std::int64_t n = 0; n < rows; ++n) {
    const std::int64_t parent = parents[static_cast<std::size_t>(n)];
    check(parent >= 0 && parent < rows && parent / group == n / group,
          "decoder cache: hypothesis {} cannot go on from hypothesis {}, which is not of its source", n,
          parent);
  }
  const auto stays = [&](std::int64_t n) { return parents[static_cast<std::size_t>(n)] == n; };
  bool identity = true;
  for (std::int64_t n = 0; n < rows; ++n) identity = identity && stays(n);
  if (identity) return;

  // A new table, so that windows on the old one keep their values. What is not written yet will lie in each
  // hypothesis's own row.
  const Tensor table = Tensor::empty({rows, capacity()}, DType::int32);
  std::int32_t* row = table.mutable_data<std::int32_t>();
  for (std::int64_t n = 0; n < rows; ++n, row += capacity()) {
    const std::int64_t parent = parents[static_cast<std::size_t>(n)];
    if (ancestry_.defined()) {
      std::copy_n(ancestry_.data<std::int32_t>() + parent * capacity(), length(), row);
    } else {
      std::fill_n(row, length(), static_cast<std::int32_t>(parent));
    }
    std::fill(row + length(), row + capacity(), static_cast<std::int32_t>(n));
  }
  ancestry_ = table;
}

void DecoderCache::keep(std::span<const std::int64_t> sources) {
  const std::int64_t group = sizes_.hypotheses;
  std::vector<std::int64_t> rows;  // of the hypotheses
  for (std::int64_t source : sources) {
    check(source >= 0 && source < sizes_.sources, "decoder cache: source {} of {}", source, sizes_.sources);
    for (std::int64_t k = 0; k < group; ++k) rows.push_back(source * group + k);
  }
  for (Tensor& keys : memory_keys_) keep_rows(keys, sources);
  for (Tensor& values : memory_values_) keep_rows(values, sources);
  target_.keep(rows);
  if (memory_mask_.defined()) {
    const Tensor own = Tensor::empty(memory_mask_.shape(), DType::boolean);  // the caller's stays as it is
    own.copy_from(memory_mask_);
    memory_mask_ = own;
    keep_rows(memory_mask_, sources);
  }
  if (ancestry_.defined()) {
    keep_rows(ancestry_, rows);
    std::int32_t* entry = ancestry_.mutable_data<std::int32_t>();
    for (std::size_t n = 0; n < rows.size(); ++n) {
      const auto moved = static_cast<std::int32_t>(rows[n] - static_cast<std::int64_t>(n));
      for (std::int64_t t = 0; t < capacity(); ++t) *entry++ -= moved;
    }
  }
  sizes_.sources = std::ssize(sources);
}

}  // namespace attune::nn
