#include "attune/text/corpora/fingerprint.h"

#include <nlohmann/json.hpp>

namespace attune::text {

void Fingerprint::add(std::string_view bytes) {
  add(bytes.size());
  for (const char byte : bytes) add_byte(static_cast<unsigned char>(byte));
}

void Fingerprint::add(std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) add_byte(static_cast<unsigned char>(number >> shift));
}

void Fingerprint::add(const Tokenizer& tokenizer) {
  add(tokenizer.to_json().dump());
  add(static_cast<std::uint64_t>(tokenizer.special().eos.value_or(-1)));
}

void Fingerprint::add_file(const std::filesystem::path& path) {
  add(std::filesystem::absolute(path).lexically_normal().string());
  add(std::filesystem::file_size(path));
  add(static_cast<std::uint64_t>(std::filesystem::last_write_time(path).time_since_epoch().count()));
}

}  // namespace attune::text
