// What this machine can do at most, measured: the yardstick of the operation benchmark.
#pragma once

namespace attune::bench {

struct MachinePeak {
  double multiply_add = 0;      // FLOP/s of float32 multiply-adds that stay in registers
  double float32_product = 0;   // FLOP/s of oneDNN's product 1024 x 768 x 3072 with packed weights
  double bfloat16_product = 0;  // the same; 0 where the processor has no bfloat16 product
  double read = 0;              // bytes/s of a streaming read of 256 MB
};

// Takes about a second, with as many threads as kernels use.
MachinePeak measure_peak();

}  // namespace attune::bench
