// Products of a few rows with a matrix of weights, as decoding needs them: y[m, n] = x[m, k] W + bias for few
// rows. They are bound by how fast the weights stream from memory, so the weights are read once for all m
// rows, in several streams a thread, each walking memory in order.
//
// x, y, bias and the arithmetic are float32; weights are float32, bfloat16 or int8, plain rows without
// packing. A row of y depends on its row of x and the weights alone, bit for bit: not on m, nor on the number
// of threads. `bias` may be null. Throws Error when m is 0 or more than the most.
#pragma once

#include <cstdint>

namespace attune::cpu {

inline constexpr std::int64_t max_matvec_rows = 24;
inline constexpr std::int64_t max_matvec_columns_rows = 8;

// W is (n, k): a row of weights makes one output, as in torch.nn.Linear and a tied embedding. Weight is float
// or bfloat16.
template <typename Weight>
void matvec_rows(const float* x, const Weight* weight, const float* bias, float* y, std::int64_t m,
                 std::int64_t n, std::int64_t k);

// The same with W[j, :] = scale[j] weight[j, :], one scale for every output.
void matvec_rows(const float* x, const std::int8_t* weight, const float* scale, const float* bias, float* y,
                 std::int64_t m, std::int64_t n, std::int64_t k);

// W is (k, n): a row of weights belongs to one input, as in GPT-2's Conv1D. Weight is float or bfloat16.
template <typename Weight>
void matvec_columns(const float* x, const Weight* weight, const float* bias, float* y, std::int64_t m,
                    std::int64_t n, std::int64_t k);

}  // namespace attune::cpu
