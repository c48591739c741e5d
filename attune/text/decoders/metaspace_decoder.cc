#include "attune/text/decoders/metaspace_decoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace attune::text {

void MetaspaceDecoder::decode(std::vector<std::string>& tokens) const {
  const std::string& mark = options_.replacement;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool drops = i == 0 && options_.prepend != Metaspace::Prepend::never;
    std::string text;
    for (std::size_t at = 0; at < tokens[i].size();) {
      const std::size_t found = std::min(tokens[i].find(mark, at), tokens[i].size());
      text.append(tokens[i], at, found - at);
      if (found < tokens[i].size() && !drops) text += ' ';
      at = found + mark.size();
    }
    tokens[i] = std::move(text);
  }
}

nlohmann::ordered_json MetaspaceDecoder::to_json() const { return Metaspace::to_json(options_); }

}  // namespace attune::text
