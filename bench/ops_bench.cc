// Times every operation case that says how many FLOPs or bytes it has, forward and backward, in float32 and
// bfloat16, beside what the machine can do at most.
//
//   attune_ops_bench --benchmark_filter=linear
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <chrono>

#include "attune/autograd/tape.h"
#include "attune/backend/cpu/threads.h"
#include "attune/base/isa.h"
#include "bench/machine_peak.h"
#include "tests/ops/op_case.h"

namespace attune::bench {
namespace {

using testing::OpCase;

struct Work {
  double flops = 0, bytes = 0;  // of one run
  double peak_flops = 0, peak_bytes = 0;
};

template <typename F>
double seconds_of(const F& f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Times `step`, which returns its seconds, and reports its speed and its share of the machine's: of the
// product's where the case counts FLOPs, else of the memory's.
template <typename Step>
void time(benchmark::State& state, const Work& work, const Step& step) {
  step();  // makes primitives and buffers
  double seconds = 0;
  for (auto _ : state) {
    const double one = step();
    state.SetIterationTime(one);
    seconds += one;
  }
  const double rate = static_cast<double>(state.iterations()) / seconds;
  if (work.flops > 0) state.counters["GFLOP/s"] = work.flops * rate / 1e9;
  if (work.bytes > 0) state.counters["GB/s"] = work.bytes * rate / 1e9;
  state.counters["%peak"] =
      100 * rate * (work.flops > 0 ? work.flops / work.peak_flops : work.bytes / work.peak_bytes);
}

void time_forward(benchmark::State& state, const OpCase& one, DType dtype, const Work& work) {
  const auto leaves = make_leaves(one, testing::make_inputs(one.inputs, dtype));
  const NoGrad no_grad;
  time(state, work, [&] { return seconds_of([&] { one.forward(leaves); }); });
}

void time_backward(benchmark::State& state, const OpCase& one, DType dtype, const Work& work) {
  const auto leaves = make_leaves(one, testing::make_inputs(one.inputs, dtype));
  const Tensor y = one.forward(leaves).front();
  const Tensor seed = testing::make_inputs({{.shape = y.shape()}}, y.dtype(), 7).front();
  time(state, work, [&] {
    const Tensor loss = one.forward(leaves).front();
    for (const Tensor& leaf : leaves) clear_gradient(leaf);
    return seconds_of([&] { backward(loss, seed); });
  });
}

void register_case(const OpCase& one, DType dtype, const MachinePeak& peak) {
  const double narrower = static_cast<double>(size_of(dtype)) / sizeof(float);
  const double product = dtype == DType::float32 ? peak.float32_product : peak.bfloat16_product;
  const Work forward{one.flops, one.bytes * narrower, product, peak.read};
  Work back = forward;
  back.flops *= one.backward_factor;
  back.bytes *= one.backward_factor;
  const std::string name = fmt::format("{}/{}/{}", one.op, one.label, name_of(dtype));
  benchmark::RegisterBenchmark(
      (name + "/forward").c_str(),
      [=, &one](benchmark::State& state) { time_forward(state, one, dtype, forward); })
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
  if (!one.has_gradient || one.backward_factor == 0) return;
  benchmark::RegisterBenchmark((name + "/backward").c_str(),
                               [=, &one](benchmark::State& state) { time_backward(state, one, dtype, back); })
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

void print(const MachinePeak& peak) {
  fmt::print("{} threads, {}\n", cpu::num_threads(), isa_name(isa()));
  fmt::print("float32 multiply-adds        {:7.0f} GFLOP/s\n", peak.multiply_add / 1e9);
  fmt::print("float32 product, packed      {:7.0f} GFLOP/s\n", peak.float32_product / 1e9);
  fmt::print("bfloat16 product, packed     {:7.0f} GFLOP/s\n", peak.bfloat16_product / 1e9);
  fmt::print("streaming read of 256 MB     {:7.1f} GB/s\n\n", peak.read / 1e9);
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) {
  using namespace attune;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const bench::MachinePeak peak = bench::measure_peak();
  bench::print(peak);
  for (const testing::OpCase& one : testing::op_cases()) {
    if (one.flops == 0 && one.bytes == 0) continue;
    for (DType dtype : one.dtypes) {
      if (dtype != DType::bfloat16 || peak.bfloat16_product > 0) bench::register_case(one, dtype, peak);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
