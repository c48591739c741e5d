// Lines for an error message: the first few of them, and how many there are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attune::series {

class FirstFew {
 public:
  void add(std::int64_t line) {
    if (lines_.size() < most) lines_.push_back(line);
    ++count_;
  }
  std::int64_t count() const { return count_; }
  // "line 7", "lines 7, 9 and 12", "lines 7, 9, 12, 13, 14 and 31 more"
  std::string text() const;

 private:
  static constexpr std::size_t most = 5;
  std::vector<std::int64_t> lines_;
  std::int64_t count_ = 0;
};

}  // namespace attune::series
