#include "attune/backend/cpu/matvec.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "attune/backend/cpu/elementwise.h"
#include "attune/backend/cpu/scratch.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/base/isa.h"
#include "attune/tensor/dtype.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attune/backend/cpu/matvec.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "attune/backend/cpu/vectors-inl.h"

#ifndef ATTUNE_BACKEND_CPU_MATVEC_KERNELS
#define ATTUNE_BACKEND_CPU_MATVEC_KERNELS
namespace attune::cpu {

template <typename Weight>
struct RowsProduct {
  const float* x;  // (m, k), rows x_stride apart
  std::int64_t x_stride;
  const Weight* weight;  // (n, k)
  const float* scale;    // (n) or null
  const float* bias;     // (n) or null
  float* y;              // (m, n)
  std::int64_t m, n, k;
};

template <typename Weight>
struct ColumnsProduct {
  const float* x;        // (m, k)
  const Weight* weight;  // (k, n)
  float* sum;            // (m, n), rows sum_stride apart, added to
  std::int64_t sum_stride;
  std::int64_t m, n, k;
};

// A part of a product by columns: the outputs [begin, end) of `length` inputs from each of `streams` (1 or 4)
// places `distance` inputs apart, from `first` on.
struct ColumnsPart {
  int streams;
  std::int64_t first, distance, length;
  std::int64_t begin, end;
};

// What one instruction set provides, on one thread: the outputs [begin, end) of a product by rows, and a part
// of a product by columns.
template <typename Weight>
struct MatvecKernels {
  void (*rows)(const RowsProduct<Weight>& product, std::int64_t begin, std::int64_t end);
  void (*columns)(const ColumnsProduct<Weight>& product, const ColumnsPart& part);
};

}  // namespace attune::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::cpu::HWY_NAMESPACE {
namespace {  // other files have functions of these names

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr std::int64_t block_rows = 4;  // rows of x whose sums are held at once

template <typename Weight, class Lanes>
HWY_INLINE V load_weight(const Weight* from, Lanes lanes) {
  return load(D(), from, lanes);
}
template <>
HWY_INLINE V load_weight(const std::int8_t* from, AllLanes) {
  const hn::Rebind<std::int8_t, D> d8;
  const hn::RebindToSigned<D> d32;
  return hn::ConvertTo(D(), hn::PromoteTo(d32, hn::LoadU(d8, from)));
}
template <>
HWY_INLINE V load_weight(const std::int8_t* from, FirstLanes lanes) {
  std::int8_t whole[hn::MaxLanes(D())] = {};
  std::copy_n(from, lanes.count, whole);
  return load_weight(static_cast<const std::int8_t*>(whole), AllLanes{});
}

// Calls use(std::integral_constant<int, m>) for m in [1, 8].
template <class Use>
HWY_INLINE void with_row_count(std::int64_t m, Use use) {
  switch (m) {
    case 1:
      return use(std::integral_constant<int, 1>{});
    case 2:
      return use(std::integral_constant<int, 2>{});
    case 3:
      return use(std::integral_constant<int, 3>{});
    case 4:
      return use(std::integral_constant<int, 4>{});
    case 5:
      return use(std::integral_constant<int, 5>{});
    case 6:
      return use(std::integral_constant<int, 6>{});
    case 7:
      return use(std::integral_constant<int, 7>{});
    default:
      return use(std::integral_constant<int, 8>{});
  }
}

// Running sums of a tile: of M rows of x with S rows of weights, a vector each.
template <int M, int S>
using TileSums = float[M][S][hn::MaxLanes(D())];

// Adds the terms [from, to) of the M S dot products to `sums`, which stay in registers meanwhile. `ahead` is
// where the next terms lie, for the cache; null when they follow by themselves.
template <int M, int S, typename Weight>
HWY_ATTR void add_terms(const float* x, std::int64_t x_stride, const Weight* weight, std::int64_t step,
                        std::int64_t from, std::int64_t to, const Weight* ahead, TileSums<M, S>& sums) {
  const D d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  V sum[M][S];
#pragma GCC unroll 4
  for (int r = 0; r < M; ++r) {
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) sum[r][s] = from == 0 ? hn::Zero(d) : hn::LoadU(d, sums[r][s]);
  }
  // Not a lambda: sums that one captures do not stay in registers.
  std::int64_t i = from;
  for (; i + width <= to; i += width) {
    V w[S];
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) w[s] = load_weight(weight + s * step + i, AllLanes{});
    if (ahead != nullptr) {
#pragma GCC unroll 8
      for (int s = 0; s < S; ++s) hwy::Prefetch(ahead + s * step + i);
    }
#pragma GCC unroll 4
    for (int r = 0; r < M; ++r) {
      const V value = hn::LoadU(d, x + r * x_stride + i);
#pragma GCC unroll 8
      for (int s = 0; s < S; ++s) sum[r][s] = hn::MulAdd(value, w[s], sum[r][s]);
    }
  }
  if (i < to) {
    const FirstLanes rest{static_cast<std::size_t>(to - i)};
    V w[S];
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) w[s] = load_weight(weight + s * step + i, rest);
#pragma GCC unroll 4
    for (int r = 0; r < M; ++r) {
      const V value = load(d, x + r * x_stride + i, rest);
#pragma GCC unroll 8
      for (int s = 0; s < S; ++s) sum[r][s] = hn::MulAdd(value, w[s], sum[r][s]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < M; ++r) {
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) hn::StoreU(sum[r][s], d, sums[r][s]);
  }
}

// Outputs first + s distance for s < S, for all rows of x, `block_rows` at a time. The inputs are taken in
// pieces, so that the weights of a piece stay in the first cache for all rows.
template <int S, typename Weight>
HWY_ATTR void dot_rows(const RowsProduct<Weight>& p, std::int64_t first, std::int64_t distance) {
  constexpr std::int64_t piece = 512;
  const D d;
  const Weight* weight = p.weight + first * p.k;
  const std::int64_t step = distance * p.k;
  HWY_ALIGN TileSums<block_rows, S> sums[max_matvec_rows / block_rows];
  if (p.k == 0) std::memset(sums, 0, sizeof(sums));
  for (std::int64_t from = 0; from < p.k; from += piece) {
    const std::int64_t to = std::min(p.k, from + piece);
    for (std::int64_t row = 0; row < p.m; row += block_rows) {
      const float* x = p.x + row * p.x_stride;
      auto& tile = sums[row / block_rows];
      const Weight* ahead = row == block_rows ? weight + piece : nullptr;
      if (p.m - row >= 4) {
        add_terms<4, S>(x, p.x_stride, weight, step, from, to, ahead, tile);
      } else if (p.m - row == 3) {
        add_terms<3, S>(x, p.x_stride, weight, step, from, to, ahead,
                        reinterpret_cast<TileSums<3, S>&>(tile));
      } else if (p.m - row == 2) {
        add_terms<2, S>(x, p.x_stride, weight, step, from, to, ahead,
                        reinterpret_cast<TileSums<2, S>&>(tile));
      } else {
        add_terms<1, S>(x, p.x_stride, weight, step, from, to, ahead,
                        reinterpret_cast<TileSums<1, S>&>(tile));
      }
    }
  }
  for (std::int64_t row = 0; row < p.m; ++row) {
    for (std::int64_t s = 0; s < S; ++s) {
      const std::int64_t j = first + s * distance;
      const float dot =
          hn::GetLane(hn::SumOfLanes(d, hn::LoadU(d, sums[row / block_rows][row % block_rows][s])));
      const float scaled = p.scale != nullptr ? dot * p.scale[j] : dot;
      p.y[row * p.n + j] = p.bias != nullptr ? scaled + p.bias[j] : scaled;
    }
  }
}

template <int S, typename Weight>
HWY_ATTR void rows_in_streams(const RowsProduct<Weight>& p, std::int64_t begin, std::int64_t end) {
  const std::int64_t each = (end - begin) / S;
  for (std::int64_t j = begin; j < begin + each; ++j) dot_rows<S>(p, j, each);
  for (std::int64_t j = begin + S * each; j < end; ++j) dot_rows<1>(p, j, 0);
}

template <typename Weight>
HWY_ATTR void rows(const RowsProduct<Weight>& p, std::int64_t begin, std::int64_t end) {
  constexpr int most = HWY_TARGET <= HWY_AVX3 ? 6 : 3;  // so that the sums fit in the registers
  p.m == 1 ? rows_in_streams<4>(p, begin, end) : rows_in_streams<most>(p, begin, end);
}

// sum[:, begin : begin + count] += the inputs i + s distance for s < S, times their rows of weights.
template <int M, int S, typename Weight>
HWY_ATTR void add_columns(const ColumnsProduct<Weight>& p, std::int64_t i, std::int64_t distance,
                          std::int64_t begin, std::int64_t count) {
  const D d;
  V x[M][S];
  for (int r = 0; r < M; ++r) {
    for (int s = 0; s < S; ++s) x[r][s] = hn::Set(d, p.x[r * p.k + i + s * distance]);
  }
  const Weight* weight = p.weight + i * p.n + begin;
  const std::int64_t step = distance * p.n;
  for_vectors(d, count, [&](std::int64_t j, auto lanes) HWY_ATTR {
    V w[S];
    for (int s = 0; s < S; ++s) w[s] = load_weight(weight + s * step + j, lanes);
    for (int r = 0; r < M; ++r) {
      float* to = p.sum + r * p.sum_stride + begin + j;
      V sum = load(d, to, lanes);
      for (int s = 0; s < S; ++s) sum = hn::MulAdd(x[r][s], w[s], sum);
      store(d, sum, to, lanes);
    }
  });
}

template <typename Weight>
HWY_ATTR void columns(const ColumnsProduct<Weight>& p, const ColumnsPart& part) {
  with_row_count(p.m, [&](auto m) HWY_ATTR {
    constexpr std::int64_t block = 4096;  // outputs at a time, so that their sums stay in the caches
    for (std::int64_t begin = part.begin; begin < part.end; begin += block) {
      const std::int64_t count = std::min(block, part.end - begin);
      for (std::int64_t i = part.first; i < part.first + part.length; ++i) {
        if (part.streams == 4) {
          add_columns<m, 4>(p, i, part.distance, begin, count);
        } else {
          add_columns<m, 1>(p, i, part.distance, begin, count);
        }
      }
    }
  });
}

MatvecKernels<float> float_kernels() { return {&rows<float>, &columns<float>}; }
MatvecKernels<bfloat16> bfloat16_kernels() { return {&rows<bfloat16>, &columns<bfloat16>}; }
MatvecKernels<std::int8_t> int8_kernels() { return {&rows<std::int8_t>, nullptr}; }

}  // namespace
}  // namespace attune::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::cpu {
namespace {

HWY_EXPORT(float_kernels);
HWY_EXPORT(bfloat16_kernels);
HWY_EXPORT(int8_kernels);

template <typename Weight>
const MatvecKernels<Weight>& chosen() {
  static const MatvecKernels<Weight> kernels = [] {
    isa();  // may cap Highway's choice, so it comes first
    if constexpr (std::is_same_v<Weight, float>) {
      return HWY_DYNAMIC_DISPATCH(float_kernels)();
    } else if constexpr (std::is_same_v<Weight, bfloat16>) {
      return HWY_DYNAMIC_DISPATCH(bfloat16_kernels)();
    } else {
      return HWY_DYNAMIC_DISPATCH(int8_kernels)();
    }
  }();
  return kernels;
}

void check_row_count(std::int64_t m, std::int64_t most) {
  check(m >= 1 && m <= most, "matvec: {} rows, expected 1 to {}", m, most);
}

// The distance between rows that are read side by side: an eighth of a page more than whole pages, since the
// streams of weights often lie whole pages apart and the first cache holds only eight lines of one place in a
// page.
std::int64_t padded(std::int64_t columns) { return (columns + 1023) / 1024 * 1024 + 128; }

constexpr std::int64_t thread_bytes = 1 << 16;  // fewer bytes of weights do not pay for waking a thread

template <typename Weight>
void run_rows(RowsProduct<Weight> product) {
  check_row_count(product.m, max_matvec_rows);
  if (product.m > 1) {
    product.x_stride = padded(product.k);
    float* rows = scratch(product.m * product.x_stride);
    for (std::int64_t r = 0; r < product.m; ++r) {
      std::copy_n(product.x + r * product.k, product.k, rows + r * product.x_stride);
    }
    product.x = rows;
  }
  const std::int64_t quads = (product.n + 3) / 4;
  const std::int64_t quad_bytes = 4 * std::max<std::int64_t>(1, product.k) * std::int64_t{sizeof(Weight)};
  parallel_for(quads, std::max<std::int64_t>(1, thread_bytes / quad_bytes),
               [&](std::int64_t begin, std::int64_t end) {
                 chosen<Weight>().rows(product, 4 * begin, std::min(4 * end, product.n));
               });
}

}  // namespace

template <typename Weight>
void matvec_rows(const float* x, const Weight* weight, const float* bias, float* y, std::int64_t m,
                 std::int64_t n, std::int64_t k) {
  run_rows(RowsProduct<Weight>{x, k, weight, nullptr, bias, y, m, n, k});
}

void matvec_rows(const float* x, const std::int8_t* weight, const float* scale, const float* bias, float* y,
                 std::int64_t m, std::int64_t n, std::int64_t k) {
  run_rows(RowsProduct<std::int8_t>{x, k, weight, scale, bias, y, m, n, k});
}

// The inputs are cut into four groups of four streams of `length`; what is left over belongs to the last
// group. Every group has a sum of its own and the sums are added in order, so the cut and with it the result
// are the same for any number of threads. More than four threads share the outputs of a group in strips.
template <typename Weight>
void matvec_columns(const float* x, const Weight* weight, const float* bias, float* y, std::int64_t m,
                    std::int64_t n, std::int64_t k) {
  check_row_count(m, max_matvec_columns_rows);
  constexpr std::int64_t groups = 4, streams = 4;
  const std::int64_t length = k / (groups * streams), stride = padded(n), size = m * stride;
  const std::int64_t strips = std::clamp<std::int64_t>(num_threads() / groups, 1, n / 256 + 1);
  float* sums = scratch(groups * size);
  const std::int64_t strip_bytes = streams * length * n * std::int64_t{sizeof(Weight)} / strips;
  const std::int64_t grain = thread_bytes / std::max<std::int64_t>(1, strip_bytes) + 1;
  parallel_for(groups * strips, grain, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t part = from; part < to; ++part) {
      const std::int64_t group = part / strips, strip = part % strips;
      const std::int64_t begin = n * strip / strips, end = n * (strip + 1) / strips;
      const ColumnsProduct<Weight> product{x, weight, sums + group * size, stride, m, n, k};
      for (std::int64_t r = 0; r < m; ++r) std::fill_n(product.sum + r * stride + begin, end - begin, 0.0f);
      chosen<Weight>().columns(product, {streams, group * streams * length, length, length, begin, end});
      if (group + 1 == groups) {
        const std::int64_t rest = groups * streams * length;
        chosen<Weight>().columns(product, {1, rest, 0, k - rest, begin, end});
      }
    }
  });
  parallel_for(n, rows_grain(m * groups), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = 0; r < m; ++r) {
      const float* sum = sums + r * stride;
      for (std::int64_t j = begin; j < end; ++j) {
        y[r * n + j] = (sum[j] + sum[size + j]) + (sum[2 * size + j] + sum[3 * size + j]);
      }
    }
  });
  if (bias != nullptr) add_bias(y, bias, y, m, n);
}

template decltype(matvec_rows<float>) matvec_rows<float>;
template decltype(matvec_rows<bfloat16>) matvec_rows<bfloat16>;
template decltype(matvec_columns<float>) matvec_columns<float>;
template decltype(matvec_columns<bfloat16>) matvec_columns<bfloat16>;

}  // namespace attune::cpu
#endif  // HWY_ONCE
