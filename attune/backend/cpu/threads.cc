#include "attune/backend/cpu/threads.h"

#include "attune/base/error.h"

namespace attune::cpu {
namespace {
int configured = 0;
// A thread costs a stack and, past the processors, time; beyond this the operating system may refuse to make
// them, which OpenMP does not survive.
constexpr int most_threads = 1024;
}  // namespace

int num_threads() {
  if (configured == 0) configured = std::max(1, omp_get_num_procs());
  return configured;
}

void set_num_threads(int count) {
  if (count < 1) fail_usage("number of threads is {}, expected at least 1", count);
  if (count > most_threads) fail_usage("number of threads is {}, expected at most {}", count, most_threads);
  configured = count;
  omp_set_num_threads(count);
}

}  // namespace attune::cpu
