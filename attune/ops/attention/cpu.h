// Scaled dot-product attention on the CPU: softmax(scale Q K^T + bias) V for every sequence and head
// (Vaswani et al., 2017, section 3.2.1), in tiles that stay in cache, so that memory grows linearly with the
// length (Dao et al., 2022 and 2023: FlashAttention and FlashAttention-2).
//
// Letters: B sequences, H heads, Tq queries, Tk keys, Dh the size of a head. Element types are float and
// bfloat16; all arithmetic is float32. Results do not depend on the number of threads.
#pragma once

#include <cstdint>

namespace attune::cpu {

struct AttentionShape {
  std::int64_t batch = 0;     // B
  std::int64_t heads = 0;     // H
  std::int64_t queries = 0;   // Tq
  std::int64_t keys = 0;      // Tk
  std::int64_t head_dim = 0;  // Dh
};

// (B, T, H, Dh) in memory that may be part of something larger, such as one projection (B, T, 3 H Dh).
// Strides are in elements; the last dimension is contiguous.
template <typename T>
struct HeadsView {
  T* data = nullptr;
  std::int64_t batch_stride = 0;
  std::int64_t time_stride = 0;
  std::int64_t head_stride = 0;

  T* row(std::int64_t b, std::int64_t t, std::int64_t h) const {
    return data + b * batch_stride + t * time_stride + h * head_stride;
  }
};

// What is added to the scores: float32, (B, H, Tq, Tk), with stride 0 along dimensions that it broadcasts.
struct BiasStrides {
  std::int64_t batch = 0;
  std::int64_t head = 0;
  std::int64_t query = 0;
  std::int64_t key = 0;
};

struct AttentionSettings {
  float scale = 1;
  // Query i sees keys up to i + Tk - Tq: the last query sees all.
  bool causal = false;
  // (B, Tk), true where the key may be seen; null: everywhere.
  const bool* key_mask = nullptr;
  // (B): every query also sees the first prefix[b] keys. Only with `causal`.
  const std::int64_t* prefix = nullptr;
  const float* bias = nullptr;
  BiasStrides bias_strides = {};
  // The probability with which a weight is dropped, in steps of 2^-16; the others grow by 1 / (1 - dropout).
  // Whether the weight of query i and key j is dropped depends only on seed, stream, b, h, i and j.
  float dropout = 0;
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
};

// out = attention(q, k, v). A query that sees no key gives zeros; scores of -6e29 and less, such as those
// with a bias of -infinity, count as not seen.
template <typename T>
struct AttentionForward {
  AttentionShape shape;
  AttentionSettings settings;
  HeadsView<const T> q, k, v;
  HeadsView<T> out;
  // (B, H, Tq), written: the logarithm of the sum of the exponentials of every row's scores, +infinity for a
  // row that sees no key. Null when no gradient is wanted.
  float* lse = nullptr;
};
template <typename T>
void attention(const AttentionForward<T>& operands);

// The gradients of q, k, v and the bias. Tiles of weights are computed again from lse. The order of every
// summation is fixed.
template <typename T>
struct AttentionBackward {
  AttentionShape shape;
  AttentionSettings settings;
  HeadsView<const T> q, k, v, out;
  const float* lse = nullptr;  // from the forward pass, like `out`
  HeadsView<const T> dout;
  HeadsView<T> dq, dk, dv;  // written, not added to
  // Null when not wanted; else written. Contiguous, with the extents of the bias, stride 0 where it
  // broadcasts.
  float* dbias = nullptr;
  BiasStrides dbias_strides = {};
};
template <typename T>
void attention(const AttentionBackward<T>& operands);

// weights (B, H, Tq, Tk), written: the softmax itself, before dropout.
template <typename T>
struct AttentionWeights {
  AttentionShape shape;
  AttentionSettings settings;
  HeadsView<const T> q, k;
  float* weights = nullptr;
};
template <typename T>
void attention(const AttentionWeights<T>& operands);

}  // namespace attune::cpu
