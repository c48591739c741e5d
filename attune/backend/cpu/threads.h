// Threads of the engine. One thread computes (libgomp keeps a pool for every calling thread); it shares the
// work of a kernel with the others through parallel_for.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <exception>

namespace attune::cpu {

// How many threads kernels use. The default is the number of processors this process may run on.
int num_threads();
void set_num_threads(int count);

// Calls body(begin, end) on disjoint ranges that cover [0, count), at least `grain` items each, in parallel.
// The division depends only on count, grain and num_threads(), so results are reproducible.
template <typename Body>
void parallel_for(std::int64_t count, std::int64_t grain, Body&& body) {
  if (count <= 0) return;
  const std::int64_t parts = std::min<std::int64_t>(num_threads(), (count + grain - 1) / grain);
  if (parts <= 1 || omp_in_parallel()) {
    body(std::int64_t{0}, count);
    return;
  }
  std::exception_ptr error;
#pragma omp parallel num_threads(static_cast <int>(parts))
  {
    const std::int64_t part = omp_get_thread_num();
    const std::int64_t team = omp_get_num_threads();
    try {
      const std::int64_t begin = count * part / team;
      const std::int64_t end = count * (part + 1) / team;
      if (begin < end) body(begin, end);
    } catch (...) {
#pragma omp critical
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

// The grain for a loop over rows of `columns` elements: fewer elements do not pay for waking another thread.
inline std::int64_t rows_grain(std::int64_t columns) {
  return std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(1, columns));
}

}  // namespace attune::cpu
