#include "apps/attune/command.h"

#include <dnnl_version.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "attune/backend/cpu/threads.h"
#include "attune/base/error.h"
#include "attune/base/isa.h"

namespace attune::command {

bool Program::is_asked_for(std::initializer_list<const char*> words) const {
  return words.size() <= arguments.size() && std::equal(words.begin(), words.end(), arguments.begin());
}

void add_threads(CLI::App& verb) {
  verb.add_option_function<int>(
          "--threads", [](int count) { cpu::set_num_threads(count); },
          "Threads that compute (default: every processor)")
      ->group("Machine");
}

std::string version_text() {
  std::string found;
  __builtin_cpu_init();
  const auto note = [&found](bool has, const char* name) {
    if (has) found += (found.empty() ? "" : " ") + std::string(name);
  };
  note(__builtin_cpu_supports("avx2") != 0, "avx2");
  note(__builtin_cpu_supports("fma") != 0, "fma");
  note(__builtin_cpu_supports("avx512f") != 0, "avx512");
  note(__builtin_cpu_supports("avx512vnni") != 0, "avx512_vnni");
  note(__builtin_cpu_supports("avx512bf16") != 0, "avx512_bf16");
  return fmt::format(
      "attune {}\n"
      "build          {}, g++ {}, oneDNN {}.{}.{}\n"
      "instructions   found: {}; used: up to {}{}\n"
      "threads        {}",
      ATTUNE_VERSION, ATTUNE_BUILD_TYPE, __VERSION__, DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR,
      DNNL_VERSION_PATCH, found.empty() ? "baseline" : found, isa_name(isa()),
      isa_has_vnni() ? " with vnni" : "", cpu::num_threads());
}

std::string read_standard_input() {
  std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  check(!std::cin.bad(), "standard input cannot be read");
  return text;
}

}  // namespace attune::command
