#include "attune/backend/cpu/threads.h"

#include "attune/base/error.h"

namespace attune::cpu {
namespace {
int configured = 0;
}

int num_threads() {
  if (configured == 0) configured = std::max(1, omp_get_num_procs());
  return configured;
}

void set_num_threads(int count) {
  if (count < 1) fail_usage("number of threads is {}, expected at least 1", count);
  configured = count;
  omp_set_num_threads(count);
}

}  // namespace attune::cpu
