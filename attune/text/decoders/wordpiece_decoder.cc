#include "attune/text/decoders/wordpiece_decoder.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "attune/text/component_json.h"

namespace attune::text {

namespace {

constexpr std::pair<std::string_view, std::string_view> kCleanups[] = {
    {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},    {" n't", "n't"},
    {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};

void replace_all(std::string& text, std::string_view old, std::string_view with) {
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + with.size())) {
    text.replace(at, old.size(), with);
  }
}

}  // namespace

WordPieceDecoder::WordPieceDecoder(const nlohmann::json& json)
    : prefix_(json.value("prefix", "##")), cleanup_(json.value("cleanup", true)) {
  check_fields(json, "decoder", {"prefix", "cleanup"});
}

void WordPieceDecoder::decode(std::vector<std::string>& tokens) const {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::string& token = tokens[i];
    if (i > 0 && token.starts_with(prefix_)) {
      token.erase(0, prefix_.size());
    } else if (i > 0) {
      token.insert(0, 1, ' ');
    }
    if (!cleanup_) continue;
    for (const auto& [old, with] : kCleanups) replace_all(token, old, with);
  }
}

nlohmann::ordered_json WordPieceDecoder::to_json() const {
  return {{"type", "WordPiece"}, {"prefix", prefix_}, {"cleanup", cleanup_}};
}

}  // namespace attune::text
