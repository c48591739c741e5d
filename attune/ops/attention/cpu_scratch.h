// Working memory of a kernel that is called again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace attune::cpu {

// Floats aligned to a cache line that keep their memory from call to call; contents are arbitrary.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { release(); }

  // Makes room for `count` floats and starts again from the first. Earlier pointers become invalid.
  void reserve(std::int64_t count) {
    taken_ = 0;
    if (count <= size_) return;
    release();
    data_ = static_cast<float*>(
        ::operator new (static_cast<std::size_t>(count) * sizeof(float), std::align_val_t{kAlignment}));
    size_ = count;
  }

  // The next `count` floats of what was reserved; a count that is a multiple of 16 keeps the alignment.
  float* take(std::int64_t count) { return data_ + std::exchange(taken_, taken_ + count); }

 private:
  static constexpr std::size_t kAlignment = 64;

  void release() {
    ::operator delete (data_, std::align_val_t{kAlignment});
    data_ = nullptr;
    size_ = 0;
  }

  float* data_ = nullptr;
  std::int64_t size_ = 0;
  std::int64_t taken_ = 0;
};

}  // namespace attune::cpu
