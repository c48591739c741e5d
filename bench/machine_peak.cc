#include "bench/machine_peak.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <dnnl.hpp>
#include <vector>

#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/machine_peak.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace attune::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Twelve independent chains, enough to hide the latency of a multiply-add. Returns the FLOPs done.
double multiply_adds(std::int64_t steps, float* sink) {
  const hn::ScalableTag<float> d;
  const auto x = hn::Set(d, 0.999f), y = hn::Set(d, 0.001f);
  auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0, a8 = a0, a9 = a0,
       a10 = a0, a11 = a0;
  for (std::int64_t i = 0; i < steps; ++i) {
    a0 = hn::MulAdd(a0, x, y);
    a1 = hn::MulAdd(a1, x, y);
    a2 = hn::MulAdd(a2, x, y);
    a3 = hn::MulAdd(a3, x, y);
    a4 = hn::MulAdd(a4, x, y);
    a5 = hn::MulAdd(a5, x, y);
    a6 = hn::MulAdd(a6, x, y);
    a7 = hn::MulAdd(a7, x, y);
    a8 = hn::MulAdd(a8, x, y);
    a9 = hn::MulAdd(a9, x, y);
    a10 = hn::MulAdd(a10, x, y);
    a11 = hn::MulAdd(a11, x, y);
  }
  const auto low = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), hn::Add(a4, a5));
  const auto high = hn::Add(hn::Add(hn::Add(a6, a7), hn::Add(a8, a9)), hn::Add(a10, a11));
  *sink = hn::GetLane(hn::Add(low, high));
  return 2.0 * 12.0 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(steps);
}

// The sum of four streams, so that several reads are under way at once.
float read_all(const float* from, std::int64_t count) {
  const hn::ScalableTag<float> d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t quarter = count / 4;
  auto a = hn::Zero(d), b = a, c = a, e = a;
  for (std::int64_t i = 0; i + width <= quarter; i += width) {
    a = hn::Add(a, hn::LoadU(d, from + i));
    b = hn::Add(b, hn::LoadU(d, from + quarter + i));
    c = hn::Add(c, hn::LoadU(d, from + 2 * quarter + i));
    e = hn::Add(e, hn::LoadU(d, from + 3 * quarter + i));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
}

}  // namespace attune::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attune::bench {
namespace {

HWY_EXPORT(multiply_adds);
HWY_EXPORT(read_all);

using Clock = std::chrono::steady_clock;

// The shortest of several runs, in seconds.
template <typename Work>
double best_seconds(int runs, const Work& work) {
  double best = 1e30;
  for (int run = 0; run < runs; ++run) {
    const auto begin = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

double measure_multiply_adds() {
  const int threads = cpu::num_threads();
  std::vector<double> flops(static_cast<std::size_t>(threads));
  std::vector<float> sinks(static_cast<std::size_t>(threads));
  const double seconds = best_seconds(5, [&] {
    cpu::parallel_for(threads, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto part = static_cast<std::size_t>(begin); part < static_cast<std::size_t>(end); ++part)
        flops[part] = HWY_DYNAMIC_DISPATCH(multiply_adds)(10'000'000, &sinks[part]);
    });
  });
  double total = 0;
  for (double one : flops) total += one;
  return total / seconds;
}

double measure_read() {
  std::vector<float> values(64 << 20, 1.0f);
  std::vector<float> sums(static_cast<std::size_t>(cpu::num_threads()));
  const auto count = static_cast<std::int64_t>(values.size());
  const double seconds = best_seconds(8, [&] {
    cpu::parallel_for(count, 1 << 20, [&](std::int64_t begin, std::int64_t end) {
      sums[static_cast<std::size_t>(omp_get_thread_num())] =
          HWY_DYNAMIC_DISPATCH(read_all)(values.data() + begin, end - begin);
    });
  });
  return static_cast<double>(values.size() * sizeof(float)) / seconds;
}

// All operands in the layout that oneDNN likes best.
double measure_product(dnnl::memory::data_type type) {
  constexpr std::int64_t m = 1024, n = 3072, k = 768;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const auto any = dnnl::memory::format_tag::any;
  const dnnl::matmul::desc product({{m, k}, type, any}, {{k, n}, type, any}, {{m, n}, type, any});
  const dnnl::matmul::primitive_desc chosen(product, engine);
  dnnl::memory a(chosen.src_desc(), engine), b(chosen.weights_desc(), engine), c(chosen.dst_desc(), engine);
  for (dnnl::memory* operand : {&a, &b}) {
    auto* bytes = static_cast<unsigned char*>(operand->get_data_handle());
    std::fill_n(bytes, operand->get_desc().get_size(), 0x3c);  // a small number in either type
  }
  const dnnl::matmul primitive(chosen);
  const double seconds = best_seconds(10, [&] {
    primitive.execute(stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
    stream.wait();
  });
  return 2.0 * m * n * k / seconds;
}

}  // namespace

MachinePeak measure_peak() {
  isa();  // may cap the libraries' choice of instructions, so it comes first
  MachinePeak peak;
  peak.multiply_add = measure_multiply_adds();
  peak.float32_product = measure_product(dnnl::memory::data_type::f32);
  if (isa() >= Isa::avx512) peak.bfloat16_product = measure_product(dnnl::memory::data_type::bf16);
  peak.read = measure_read();
  return peak;
}

}  // namespace attune::bench
#endif  // HWY_ONCE
