// What a cache was made from, as a number.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "attune/text/tokenizer.h"

namespace attune::text {

// FNV-1a, 64 bits (Fowler, Noll and Vo): the same on every machine, unlike std::hash.
class Fingerprint {
 public:
  void add(std::string_view bytes);
  void add(std::uint64_t number);
  void add(const Tokenizer& tokenizer);
  // By path, size and time of change.
  void add_file(const std::filesystem::path& path);
  std::uint64_t value() const { return value_; }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001B3u; }
  std::uint64_t value_ = 0xCBF29CE484222325u;
};

}  // namespace attune::text
