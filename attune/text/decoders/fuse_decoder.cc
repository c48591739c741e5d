#include "attune/text/decoders/fuse_decoder.h"

#include <nlohmann/json.hpp>

namespace attune::text {

void FuseDecoder::decode(std::vector<std::string>& tokens) const {
  std::string text;
  for (const std::string& token : tokens) text += token;
  tokens.assign(1, std::move(text));
}

nlohmann::ordered_json FuseDecoder::to_json() const { return {{"type", "Fuse"}}; }

}  // namespace attune::text
