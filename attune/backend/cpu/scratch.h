// Memory for the partial results of a kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attune::cpu {

// Room for `count` floats, not initialised, valid until the calling thread asks again. It grows to the
// largest request and stays, so that a steady training step allocates nothing.
inline float* scratch(std::int64_t count) {
  thread_local std::vector<float> memory;
  if (memory.size() < static_cast<std::size_t>(count)) memory.resize(static_cast<std::size_t>(count));
  return memory.data();
}

}  // namespace attune::cpu
