// Speed of the CPU kernels: GB/s of memory moved and GFLOP/s, beside the machine's own streaming read.
// Compare within one run, since machines and moments differ: `attune_kernels_bench
// --benchmark_filter='StreamingRead|Matvec'`.
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "attune/backend/cpu/activation.h"
#include "attune/backend/cpu/dropout.h"
#include "attune/backend/cpu/elementwise.h"
#include "attune/backend/cpu/layer_norm.h"
#include "attune/backend/cpu/matvec.h"
#include "attune/backend/cpu/optimizer.h"
#include "attune/backend/cpu/softmax.h"
#include "attune/backend/cpu/threads.h"
#include "attune/tensor/dtype.h"

namespace attune::cpu {
namespace {

// Far more than the last-level cache holds, so that every pass reads memory.
constexpr std::int64_t large_bytes = std::int64_t{256} << 20;

// Huge pages where there are enough of them, as the engine's own allocator asks for: a sixth faster to read.
template <typename T>
struct HugePages {
  using value_type = T;
  T* allocate(std::size_t n) {
    constexpr std::size_t page = std::size_t{2} << 20;
    const std::size_t bytes = (n * sizeof(T) + page - 1) / page * page;
    void* data = std::aligned_alloc(page, bytes);
    if (data == nullptr) throw std::bad_alloc();
    madvise(data, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(data);
  }
  void deallocate(T* data, std::size_t) { std::free(data); }
  bool operator==(const HugePages&) const = default;
};
template <typename T>
using Values = std::vector<T, HugePages<T>>;

template <typename T>
Values<T> values(std::int64_t n) {
  Values<T> v(static_cast<std::size_t>(n));
  parallel_for(n, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      v[static_cast<std::size_t>(i)] = static_cast<T>(static_cast<float>(i % 31 - 15) * 0.05f);
    }
  });
  return v;
}

void report(benchmark::State& state, double bytes, double operations) {
  using benchmark::Counter;
  state.counters["GB/s"] = Counter(bytes * 1e-9, Counter::kIsIterationInvariantRate);
  state.counters["GFLOP/s"] = Counter(operations * 1e-9, Counter::kIsIterationInvariantRate);
}

// The most that any kernel can reach: every thread adds up four streams of memory.
void StreamingRead(benchmark::State& state) {
  using Words __attribute__((vector_size(16))) = std::uint64_t;
  const Values<std::uint64_t> data(large_bytes / 8, 1);
  const auto* words = reinterpret_cast<const Words*>(data.data());
  for (auto _ : state) {
    parallel_for(large_bytes / std::int64_t{4 * sizeof(Words)}, 1, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t quarter = end - begin;
      const Words* part = words + 4 * begin;
      Words s0{}, s1{}, s2{}, s3{};
      for (std::int64_t i = 0; i < quarter; ++i) {
        s0 += part[i];
        s1 += part[quarter + i];
        s2 += part[2 * quarter + i];
        s3 += part[3 * quarter + i];
      }
      benchmark::DoNotOptimize(s0 + s1 + s2 + s3);
    });
  }
  report(state, large_bytes, 0);
}
BENCHMARK(StreamingRead)->UseRealTime();

enum class Layout { rows, columns };

// Walks over as many different matrices as fill `large_bytes`, as decoding walks over layers.
template <typename W, Layout layout>
void Matvec(benchmark::State& state) {
  const std::int64_t k = state.range(0), n = state.range(1), m = state.range(2);
  const std::int64_t size = k * n, count = large_bytes / (size * std::int64_t{sizeof(W)}) + 1;
  const auto weights = values<W>(size * count);
  const auto x = values<float>(m * k), bias = values<float>(n);
  std::vector<float> y(static_cast<std::size_t>(m * n));
  std::int64_t next = 0;
  for (auto _ : state) {
    const W* weight = weights.data() + next++ % count * size;
    if constexpr (std::is_same_v<W, std::int8_t>) {
      matvec_rows(x.data(), weight, bias.data(), bias.data(), y.data(), m, n, k);
    } else if constexpr (layout == Layout::rows) {
      matvec_rows(x.data(), weight, bias.data(), y.data(), m, n, k);
    } else {
      matvec_columns(x.data(), weight, bias.data(), y.data(), m, n, k);
    }
  }
  report(state, static_cast<double>(size) * sizeof(W), 2.0 * static_cast<double>(size * m));
}
// The products of GPT-2 124M: attention in and out, feed-forward in and out, and the tied head.
void gpt2_shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"k", "n", "m"})->UseRealTime();
  for (std::int64_t m : {1, 4, 8}) {
    b->Args({768, 2304, m})->Args({768, 768, m})->Args({768, 3072, m})->Args({3072, 768, m});
    b->Args({768, 50257, m});
  }
}
BENCHMARK(Matvec<float, Layout::rows>)->Apply(gpt2_shapes);
BENCHMARK(Matvec<float, Layout::columns>)->Apply(gpt2_shapes);
BENCHMARK(Matvec<bfloat16, Layout::rows>)->Apply(gpt2_shapes);
BENCHMARK(Matvec<bfloat16, Layout::columns>)->Apply(gpt2_shapes);
BENCHMARK(Matvec<std::int8_t, Layout::rows>)->Apply(gpt2_shapes);

// A matrix of 4 x 64 tokens and the widths of GPT-2 124M.
constexpr std::int64_t tokens = 256, width = 768;

template <typename T>
void Softmax(benchmark::State& state) {
  const std::int64_t rows = 12 * tokens, columns = state.range(0);
  const auto x = values<T>(rows * columns);
  auto y = x;
  for (auto _ : state) softmax(x.data(), y.data(), rows, columns);
  report(state, 2.0 * static_cast<double>(rows * columns) * sizeof(T), 0);
}
BENCHMARK(Softmax<float>)->Arg(64)->Arg(1024)->UseRealTime();
BENCHMARK(Softmax<bfloat16>)->Arg(64)->Arg(1024)->UseRealTime();

template <typename T>
void LayerNorm(benchmark::State& state) {
  const auto x = values<T>(tokens * width);
  const auto weight = values<float>(width);
  auto y = x;
  std::vector<float> mean(tokens), rstd(tokens);
  for (auto _ : state) {
    layer_norm(x.data(), weight.data(), weight.data(), y.data(), mean.data(), rstd.data(), tokens, width,
               1e-5f);
  }
  report(state, 2.0 * tokens * width * sizeof(T), 8.0 * tokens * width);
}
BENCHMARK(LayerNorm<float>)->UseRealTime();
BENCHMARK(LayerNorm<bfloat16>)->UseRealTime();

template <typename T>
void LayerNormBackward(benchmark::State& state) {
  const auto x = values<T>(tokens * width);
  const auto weight = values<float>(width);
  auto dx = x;
  const std::vector<float> mean(tokens, 0.0f), rstd(tokens, 1.0f);
  std::vector<float> dweight(width), dbias(width);
  for (auto _ : state) {
    layer_norm_backward<T, T>(x.data(), x.data(), weight.data(), mean.data(), rstd.data(), nullptr, dx.data(),
                              nullptr, {.memory = dweight.data()}, {.memory = dbias.data()}, tokens, width);
  }
  report(state, 3.0 * tokens * width * sizeof(T), 14.0 * tokens * width);
}
BENCHMARK(LayerNormBackward<float>)->UseRealTime();
BENCHMARK(LayerNormBackward<bfloat16>)->UseRealTime();

template <typename T, Activation function>
void Activate(benchmark::State& state) {
  const auto x = values<T>(tokens * 4 * width);
  auto y = x;
  for (auto _ : state) activate(function, x.data(), y.data(), static_cast<std::int64_t>(x.size()));
  report(state, 2.0 * static_cast<double>(x.size()) * sizeof(T), 0);
}
BENCHMARK(Activate<float, Activation::gelu_erf>)->UseRealTime();
BENCHMARK(Activate<float, Activation::gelu_tanh>)->UseRealTime();
BENCHMARK(Activate<bfloat16, Activation::gelu_tanh>)->UseRealTime();
BENCHMARK(Activate<float, Activation::tanh>)->UseRealTime();

template <typename T, Activation function>
void ActivateBackward(benchmark::State& state) {
  const auto x = values<T>(tokens * 4 * width);
  auto dx = x;
  for (auto _ : state) {
    activate_backward(function, x.data(), x.data(), dx.data(), static_cast<std::int64_t>(x.size()));
  }
  report(state, 3.0 * static_cast<double>(x.size()) * sizeof(T), 0);
}
BENCHMARK(ActivateBackward<float, Activation::gelu_erf>)->UseRealTime();
BENCHMARK(ActivateBackward<float, Activation::gelu_tanh>)->UseRealTime();
BENCHMARK(ActivateBackward<bfloat16, Activation::gelu_tanh>)->UseRealTime();

template <typename T>
void Dropout(benchmark::State& state) {
  const auto x = values<T>(tokens * 4 * width);
  auto y = x;
  for (auto _ : state) dropout(x.data(), y.data(), static_cast<std::int64_t>(x.size()), 0.1f, 1, 2);
  report(state, 2.0 * static_cast<double>(x.size()) * sizeof(T), 0);
}
BENCHMARK(Dropout<float>)->UseRealTime();
BENCHMARK(Dropout<bfloat16>)->UseRealTime();

template <typename T>
void ColumnSum(benchmark::State& state) {
  const auto x = values<T>(tokens * 4 * width);
  std::vector<float> sum(4 * width);
  for (auto _ : state) column_sum(x.data(), tokens, 4 * width, 4 * width, sum.data(), false);
  report(state, static_cast<double>(x.size()) * sizeof(T), static_cast<double>(x.size()));
}
BENCHMARK(ColumnSum<float>)->UseRealTime();
BENCHMARK(ColumnSum<bfloat16>)->UseRealTime();

template <typename T>
void Add(benchmark::State& state) {
  const auto x = values<T>(tokens * 4 * width);
  auto y = x;
  for (auto _ : state) add(x.data(), y.data(), y.data(), static_cast<std::int64_t>(x.size()));
  report(state, 3.0 * static_cast<double>(x.size()) * sizeof(T), static_cast<double>(x.size()));
}
BENCHMARK(Add<float>)->UseRealTime();
BENCHMARK(Add<bfloat16>)->UseRealTime();

// The parameters of GPT-2 124M, with the bfloat16 copy.
void AdamStep(benchmark::State& state) {
  const std::int64_t n = 124'439'808;
  const auto gradient = values<float>(n);
  auto parameter = gradient, m = gradient;
  std::vector<float> v(gradient.size(), 1.0f);
  std::vector<bfloat16> copy(gradient.size());
  for (auto _ : state) {
    adam_step({.weight_decay = 0.1},
              {.parameter = parameter.data(), .gradient = gradient.data(), .copy = copy.data(), .n = n},
              m.data(), v.data());
  }
  report(state, 30.0 * static_cast<double>(n), 14.0 * static_cast<double>(n));
}
BENCHMARK(AdamStep)->UseRealTime()->Unit(benchmark::kMillisecond);

void SumOfSquares(benchmark::State& state) {
  const auto x = values<float>(large_bytes / 4);
  for (auto _ : state) benchmark::DoNotOptimize(sum_of_squares(x.data(), large_bytes / 4));
  report(state, large_bytes, 2.0 * large_bytes / 4);
}
BENCHMARK(SumOfSquares)->UseRealTime();

}  // namespace
}  // namespace attune::cpu
