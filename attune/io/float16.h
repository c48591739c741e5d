// IEEE 754 half precision, binary16: 5 exponent bits, 10 mantissa bits. A storage format of files: computing
// is done in float32 or bfloat16. Free of branches, so that loops over it become vector code.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace attune::io {

// `yes` where the condition holds, else `no`, without the branch that a conditional may become.
inline std::uint32_t select(bool condition, std::uint32_t yes, std::uint32_t no) {
  const std::uint32_t mask = 0u - static_cast<std::uint32_t>(condition);
  return (yes & mask) | (no & ~mask);
}

// Exact for every value; NaN stays NaN.
inline float float32_from_float16(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t exponent = half & 0x7c00;
  const std::uint32_t shifted = static_cast<std::uint32_t>(half & 0x7fff) << 13;
  // Exponent biases are 15 and 127; a subnormal half is a whole number of 2^-24 and a normal float32.
  const std::uint32_t normal = shifted + ((127 - 15) << 23);
  const float subnormal = static_cast<float>(static_cast<std::int32_t>(half & 0x03ff)) * 0x1p-24f;
  const std::uint32_t finite = select(exponent == 0, std::bit_cast<std::uint32_t>(subnormal), normal);
  return std::bit_cast<float>(sign | select(exponent == 0x7c00, 0x7f800000 | shifted, finite));
}

// Rounds to nearest, ties to even; what is too large becomes an infinity, and NaN stays NaN.
inline std::uint16_t float16_from_float32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
  const std::uint32_t magnitude = bits & 0x7fffffff;
  std::uint32_t half;
  if (magnitude > 0x7f800000) {
    half = 0x7e00 | (magnitude >> 13 & 0x03ff);
  } else if (magnitude >= 0x477ff000) {  // from 65520 on, the next number would be 65536
    half = 0x7c00;
  } else if (magnitude < 0x38800000) {  // below 2^-14: whole numbers of 2^-24
    half = static_cast<std::uint32_t>(std::nearbyint(std::bit_cast<float>(magnitude) * 0x1p24f));
  } else {
    half = (magnitude - ((127 - 15) << 23) + 0x0fff + (magnitude >> 13 & 1)) >> 13;
  }
  return static_cast<std::uint16_t>(sign | half);
}

}  // namespace attune::io
