#include "attune/text/trainers/character_trainer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "attune/text/decoders/fuse_decoder.h"
#include "attune/text/models/word_level.h"
#include "attune/text/pre_tokenizers/characters.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {

void CharacterTrainer::add(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_code_point(text.substr(at));
    if (c.status != CodePoint::Status::valid) {
      const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      throw EncodeError(invalid_utf8_reason(text[at]), static_cast<std::size_t>(lines) + 1, at);
    }
    seen_[c.value] = true;
    at += c.length;
  }
}

std::unique_ptr<Tokenizer> CharacterTrainer::train(bool with_end_of_text) const {
  std::vector<std::string> tokens;
  for (std::size_t c = 0; c < seen_.size(); ++c) {
    if (!seen_[c]) continue;
    tokens.emplace_back();
    append_utf8(static_cast<char32_t>(c), tokens.back());
  }
  check(!tokens.empty(), "a vocabulary of characters needs text to learn them from");
  std::vector<AddedToken> added;
  SpecialTokens special;
  if (with_end_of_text) {
    special.bos = special.eos = static_cast<std::int32_t>(tokens.size());
    added.push_back({*special.eos, std::string(kEndOfText)});
  }
  Pipeline pipeline;
  pipeline.pre_tokenizer = std::make_unique<Characters>();
  pipeline.model =
      std::make_unique<WordLevel>(std::make_shared<const Vocabulary>(std::move(tokens)), std::nullopt);
  pipeline.decoder = std::make_unique<FuseDecoder>();
  return std::make_unique<Tokenizer>(std::move(pipeline), AddedTokens(std::move(added)), special);
}

}  // namespace attune::text
