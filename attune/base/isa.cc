#include "attune/base/isa.h"

#include <hwy/targets.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "attune/base/error.h"

namespace attune {
namespace {

Isa processor_isa() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return __builtin_cpu_supports("avx512bf16") ? Isa::avx512_bf16 : Isa::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Isa::avx2;
  return Isa::baseline;
}

Isa requested_cap() {
  const char* value = std::getenv("ATTUNE_MAX_ISA");
  if (value == nullptr || *value == '\0') return Isa::avx512_bf16;
  for (Isa level : {Isa::baseline, Isa::avx2, Isa::avx512, Isa::avx512_bf16}) {
    if (isa_name(level) == value) return level;
  }
  fail_usage("ATTUNE_MAX_ISA is '{}', expected one of baseline, avx2, avx512, avx512_bf16", value);
}

// oneDNN and Highway choose for themselves; tell both before either is first asked.
void cap_libraries(Isa level) {
  if (level < Isa::avx512) hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
  if (level < Isa::avx2) hwy::DisableTargets(HWY_AVX2);
  switch (level) {
    case Isa::baseline:
      setenv("ONEDNN_MAX_CPU_ISA", "SSE41", 1);
      break;
    case Isa::avx2:
      setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1);
      break;
    case Isa::avx512:
      setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_VNNI", 1);
      break;
    case Isa::avx512_bf16:
      break;
  }
}

Isa choose() {
  const Isa cap = requested_cap();
  const Isa level = std::min(cap, processor_isa());
  if (cap != Isa::avx512_bf16) cap_libraries(level);
  return level;
}

}  // namespace

Isa isa() {
  static const Isa level = choose();
  return level;
}

bool isa_has_vnni() {
  static const bool has = __builtin_cpu_supports("avx512vnni") && isa() >= Isa::avx512;
  return has;
}

std::string isa_name(Isa level) {
  switch (level) {
    case Isa::baseline:
      return "baseline";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::avx512_bf16:
      return "avx512_bf16";
  }
  return "unknown";
}

}  // namespace attune
