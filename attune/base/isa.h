// Which vector instructions this processor has and which Attune may use.
#pragma once

#include <string>

namespace attune {

// In rising order; each level has everything below it.
enum class Isa { baseline, avx2, avx512, avx512_bf16 };

// The level in use: the processor's own, capped by the environment variable ATTUNE_MAX_ISA
// (baseline, avx2, avx512, avx512_bf16). Read once; also caps Highway's and oneDNN's dispatch.
Isa isa();

// Whether the int8 dot product (AVX512-VNNI) may be used: the processor has it and the cap allows AVX-512.
bool isa_has_vnni();

std::string isa_name(Isa level);

}  // namespace attune
