// Windows of a text to train on.
#pragma once

#include <cstdint>

namespace attune::tasks {

// An epoch cuts the text into blocks of one window each, from a first token of its own, and takes every block
// once in a random order. So a run sees all of the text as often as any part of it, where windows drawn
// anywhere would miss a fifth of it in one and a half times through; and no two epochs show the same windows.
class TextWindows {
 public:
  // Windows of `length` out of `tokens`, which must have room for one.
  TextWindows(std::int64_t tokens, std::int64_t length, std::uint64_t seed)
      : tokens_(tokens), length_(length), seed_(seed) {}

  std::int64_t per_epoch() const;

  // Where a window begins, a pure function of (seed, row). `row` counts through the whole run; the last
  // micro-batch of an epoch reaches into the next.
  std::int64_t begin(std::int64_t row) const;

 private:
  std::int64_t tokens_, length_;
  std::uint64_t seed_;
};

}  // namespace attune::tasks
