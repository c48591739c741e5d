// Dropout (Srivastava et al. 2014) without a stored mask: whether an element is kept is a pure function of
// (seed, stream, its index), so the backward pass draws the same mask again.
#pragma once

#include <cstdint>

namespace attune::cpu {

// y[i] = x[i] / (1 - p) with probability 1 - p, else 0; 0 <= p < 1. The same call on dy gives dx. T is float
// or bfloat16; y may be x. Threaded.
//
// Element i uses word (i % 64) / 16 of Philox4x32-10 with key `seed` at the counter (16 (i / 64) + i % 16,
// stream): it is dropped if the upper 31 bits of that word are below p 2^31.
template <typename T>
void dropout(const T* x, T* y, std::int64_t n, float p, std::uint64_t seed, std::uint64_t stream);

}  // namespace attune::cpu
