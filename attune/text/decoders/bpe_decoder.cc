#include "attune/text/decoders/bpe_decoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attune/text/component_json.h"

namespace attune::text {

BpeDecoder::BpeDecoder(const nlohmann::json& json) : suffix_(json.value("suffix", "</w>")) {
  check_fields(json, "decoder", {"suffix"});
}

void BpeDecoder::decode(std::vector<std::string>& tokens) const {
  if (suffix_.empty()) return;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const char* const blank = i + 1 < tokens.size() ? " " : "";
    std::string text;
    for (std::size_t at = 0; at < tokens[i].size();) {
      const std::size_t found = std::min(tokens[i].find(suffix_, at), tokens[i].size());
      text.append(tokens[i], at, found - at);
      if (found < tokens[i].size()) text += blank;
      at = found + suffix_.size();
    }
    tokens[i] = std::move(text);
  }
}

nlohmann::ordered_json BpeDecoder::to_json() const { return {{"type", "BPEDecoder"}, {"suffix", suffix_}}; }

}  // namespace attune::text
