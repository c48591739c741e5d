#include "attune/ops/prob_sparse_attention/cpu.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "attune/backend/cpu/threads.h"
#include "attune/ops/prob_sparse_attention/cpu_rows.h"

namespace attune::ops {
namespace {

// The rows of one head of one sequence.
template <typename T>
struct Rows {
  T* data;
  std::int64_t stride;
  T* at(std::int64_t row) const { return data + row * stride; }
};

template <typename T>
Rows<const T> rows_of(const Tensor& x, std::int64_t b, std::int64_t h) {
  return {x.data<T>() + b * x.stride(0) + h * x.stride(2), x.stride(1)};
}
// Of a tensor that threads write to together; undefined when nobody wants it.
struct Writable {
  Tensor tensor;
  std::byte* memory = nullptr;

  Writable() = default;
  explicit Writable(const Tensor& x) : tensor(x), memory(x.raw_mutable_data()) {}
  bool wanted() const { return memory != nullptr; }
  template <typename T>
  Rows<T> rows(std::int64_t b, std::int64_t h) const {
    return {reinterpret_cast<T*>(memory) + b * tensor.stride(0) + h * tensor.stride(2), tensor.stride(1)};
  }
};

// The gradient of an input, zero where nothing was added yet.
Writable gradient_target(Backward& back, int input) {
  if (!back.needs(input)) return {};
  const Backward::Target target = back.target(input);
  Writable writable(target.memory);
  const auto bytes = static_cast<std::size_t>(target.memory.elements()) * size_of(target.memory.dtype());
  if (!target.accumulate && bytes > 0) std::memset(writable.memory, 0, bytes);
  return writable;
}

// The part of a SparseQueries that one head has.
template <typename T>
struct Head {
  const std::int64_t* index;
  const T* weights;  // (u, Tk)
};
template <typename T>
Head<T> head_of(const SparseQueries& sparse, std::int64_t b, std::int64_t h) {
  const std::int64_t first = (b * sparse.index.dim(1) + h) * sparse.active();
  return {sparse.index.data<std::int64_t>() + first,
          sparse.weights.data<T>() + first * sparse.weights.dim(3)};
}

// Calls f.operator()<T>(b, h) for every head of every sequence, in parallel.
template <typename F>
void for_each_head(const SparseQueries& sparse, F f) {
  const std::int64_t heads = sparse.index.dim(1);
  cpu::parallel_for(sparse.index.dim(0) * heads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      sparse.weights.dtype() == DType::float64 ? f.template operator()<double>(n / heads, n % heads)
                                               : f.template operator()<float>(n / heads, n % heads);
    }
  });
}

// Which `active` rows of the sparsity are the largest, in rising order.
template <typename T>
void largest(std::vector<T>& sparsity, std::int64_t active, std::int64_t* index) {
  for (T& value : sparsity) {
    if (std::isnan(value)) value = -std::numeric_limits<T>::infinity();
  }
  std::vector<std::int64_t> order(sparsity.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::partial_sort(order.begin(), order.begin() + active, order.end(), [&](std::int64_t a, std::int64_t b) {
    const T x = sparsity[static_cast<std::size_t>(a)], y = sparsity[static_cast<std::size_t>(b)];
    return x > y || (x == y && a < b);
  });
  std::sort(order.begin(), order.begin() + active);
  std::copy_n(order.begin(), active, index);
}

template <typename T>
void softmax_row(T* x, std::int64_t count) {
  const T most = *std::max_element(x, x + count);
  T sum = 0;
  for (std::int64_t j = 0; j < count; ++j) sum += x[j] = std::exp(x[j] - most);
  for (std::int64_t j = 0; j < count; ++j) x[j] /= sum;
}

void expect_samples(const Tensor& samples, std::int64_t keys) {
  const auto* key = samples.data<std::int64_t>();
  for (std::int64_t i = 0; i < samples.elements(); ++i) {
    check(key[i] >= 0 && key[i] < keys, "prob_sparse_attention: sample {} is key {} of {}", i, key[i], keys);
  }
}

}  // namespace

void choose_queries(const Tensor& q, const Tensor& k, const Tensor& samples, const SparseQueries& sparse) {
  const std::int64_t queries = q.dim(1), keys = k.dim(1), width = q.dim(3), tried = samples.dim(1);
  expect_samples(samples, keys);
  auto* indices = sparse.index.mutable_data<std::int64_t>();
  std::byte* all_weights = sparse.weights.raw_mutable_data();
  for_each_head(sparse, [&]<typename T>(std::int64_t b, std::int64_t h) {
    const Rows<const T> query = rows_of<T>(q, b, h), key = rows_of<T>(k, b, h);
    std::vector<T> sparsity(static_cast<std::size_t>(queries)), products(static_cast<std::size_t>(tried));
    for (std::int64_t i = 0; i < queries; ++i) {
      row_products(query.at(i), key.data, key.stride, samples.data<std::int64_t>() + i * tried, tried, width,
                   T{1}, products.data());
      const T sum = std::accumulate(products.begin(), products.end(), T{0});
      sparsity[static_cast<std::size_t>(i)] =
          *std::max_element(products.begin(), products.end()) - sum / static_cast<T>(keys);
    }
    const std::int64_t first = (b * sparse.index.dim(1) + h) * sparse.active();
    largest(sparsity, sparse.active(), indices + first);
    T* weights = reinterpret_cast<T*>(all_weights) + first * keys;
    for (std::int64_t n = 0; n < sparse.active(); ++n, weights += keys) {
      const std::int64_t i = indices[first + n], seen = sparse.causal ? i + 1 : keys;
      row_products<T>(query.at(i), key.data, key.stride, nullptr, seen, width, static_cast<T>(sparse.scale),
                      weights);
      softmax_row(weights, seen);
      std::fill(weights + seen, weights + keys, T{0});
    }
  });
}

void attend(const SparseQueries& sparse, const Tensor& v, const Tensor& y) {
  const std::int64_t queries = y.dim(1), keys = v.dim(1), width = v.dim(3);
  const Writable out(y);
  for_each_head(sparse, [&]<typename T>(std::int64_t b, std::int64_t h) {
    const Rows<const T> value = rows_of<T>(v, b, h);
    const Rows<T> to = out.template rows<T>(b, h);
    const Head<T> head = head_of<T>(sparse, b, h);
    std::vector<T> sum(static_cast<std::size_t>(width));  // of all values, or of those up to the query
    const std::vector<T> share(static_cast<std::size_t>(keys),
                               sparse.causal ? T{1} : T{1} / static_cast<T>(keys));
    if (!sparse.causal) add_weighted_rows(share.data(), value.data, value.stride, keys, width, sum.data());
    for (std::int64_t i = 0, n = 0; i < queries; ++i) {
      if (sparse.causal) add_weighted_rows(share.data(), value.at(i), value.stride, 1, width, sum.data());
      if (n < sparse.active() && head.index[n] == i) {
        std::fill_n(to.at(i), width, T{0});
        add_weighted_rows(head.weights + n++ * keys, value.data, value.stride, sparse.causal ? i + 1 : keys,
                          width, to.at(i));
      } else {
        std::copy_n(sum.data(), width, to.at(i));
      }
    }
  });
}

namespace {

// Of v: what the queries that attend, and those that do not, hand back to the values.
template <typename T>
void values_backward(const Head<T>& head, const SparseQueries& sparse, Rows<const T> dy, std::int64_t queries,
                     std::int64_t keys, std::int64_t width, Rows<T> dv) {
  std::vector<T> sum(static_cast<std::size_t>(width));  // of the gradients of those that do not attend
  const std::vector<T> ones(static_cast<std::size_t>(keys),
                            sparse.causal ? T{1} : T{1} / static_cast<T>(keys));
  for (std::int64_t i = queries - 1, n = sparse.active() - 1; i >= 0; --i) {
    if (n >= 0 && head.index[n] == i) {
      add_to_rows(head.weights + n-- * keys, dy.at(i), dv.stride, sparse.causal ? i + 1 : keys, width,
                  dv.data);
    } else {
      for (std::int64_t c = 0; c < width; ++c) sum[static_cast<std::size_t>(c)] += dy.at(i)[c];
    }
    if (sparse.causal) add_to_rows(ones.data(), sum.data(), dv.stride, 1, width, dv.at(i));
  }
  if (!sparse.causal) add_to_rows(ones.data(), sum.data(), dv.stride, keys, width, dv.data);
}

}  // namespace

void attend_backward(const SparseQueries& sparse, const Tensor& q, const Tensor& k, const Tensor& v,
                     const Tensor& dy, Backward& back) {
  const std::int64_t queries = q.dim(1), keys = k.dim(1), width = q.dim(3);
  const Writable dq = gradient_target(back, 0), dk = gradient_target(back, 1), dv = gradient_target(back, 2);
  for_each_head(sparse, [&]<typename T>(std::int64_t b, std::int64_t h) {
    const Rows<const T> query = rows_of<T>(q, b, h), key = rows_of<T>(k, b, h), value = rows_of<T>(v, b, h);
    const Rows<const T> gradient = rows_of<T>(dy, b, h);
    const Head<T> head = head_of<T>(sparse, b, h);
    if (dv.wanted()) values_backward(head, sparse, gradient, queries, keys, width, dv.template rows<T>(b, h));
    if (!dq.wanted() && !dk.wanted()) return;
    std::vector<T> scores(static_cast<std::size_t>(keys));  // the gradients of one row of scores
    for (std::int64_t n = 0; n < sparse.active(); ++n) {
      const std::int64_t i = head.index[n], seen = sparse.causal ? i + 1 : keys;
      const T* weights = head.weights + n * keys;
      row_products<T>(gradient.at(i), value.data, value.stride, nullptr, seen, width, T{1}, scores.data());
      const T mean = std::inner_product(weights, weights + seen, scores.begin(), T{0});
      for (std::int64_t j = 0; j < seen; ++j) {
        T& score = scores[static_cast<std::size_t>(j)];
        score = static_cast<T>(sparse.scale) * weights[j] * (score - mean);
      }
      if (dq.wanted())
        add_weighted_rows(scores.data(), key.data, key.stride, seen, width, dq.template rows<T>(b, h).at(i));
      if (dk.wanted()) {
        const Rows<T> to = dk.template rows<T>(b, h);
        add_to_rows(scores.data(), query.at(i), to.stride, seen, width, to.data);
      }
    }
  });
}

void spread_weights(const SparseQueries& sparse, const Tensor& whole) {
  const std::int64_t queries = whole.dim(2), keys = whole.dim(3);
  std::byte* memory = whole.raw_mutable_data();
  for_each_head(sparse, [&]<typename T>(std::int64_t b, std::int64_t h) {
    const Head<T> head = head_of<T>(sparse, b, h);
    T* row = reinterpret_cast<T*>(memory) + (b * whole.dim(1) + h) * queries * keys;
    for (std::int64_t i = 0, n = 0; i < queries; ++i, row += keys) {
      const std::int64_t seen = sparse.causal ? i + 1 : keys;
      if (n < sparse.active() && head.index[n] == i) {
        std::copy_n(head.weights + n++ * keys, keys, row);
      } else {
        std::fill_n(row, seen, T{1} / static_cast<T>(seen));
        std::fill(row + seen, row + keys, T{0});
      }
    }
  });
}

}  // namespace attune::ops
