// How SentencePiece prepares a sentence before its model cuts it: characters rewritten by the rules of the
// file, superfluous blanks removed, a blank put before the first word, blanks made visible as U+2581 "▁"
// (Kudo and Richardson 2018, 1808.06226, section 3).
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "attune/text/models/piece_trie.h"
#include "attune/text/normalizers/charsmap.h"

namespace attune::text {

class SentencePieceNormalizer {
 public:
  struct Options {  // As NormalizerSpec and TrainerSpec name them.
    bool add_dummy_prefix = true;
    bool remove_extra_whitespaces = true;
    bool escape_whitespaces = true;
    bool treat_whitespace_as_suffix = false;  // The dummy goes to the end.
  };

  // `user_defined` are the pieces that no rule may touch; may be null.
  SentencePieceNormalizer(CharsMap rules, Options options, std::shared_ptr<const PieceTrie> user_defined);

  // Any bytes will do: what is not UTF-8 becomes U+FFFD.
  std::string normalize(std::string_view sentence) const;

 private:
  CharsMap::Prefix map_prefix(std::string_view text) const;
  std::size_t plain_run(std::string_view text) const;

  CharsMap rules_;
  Options options_;
  std::shared_ptr<const PieceTrie> user_defined_;
  std::array<bool, 256> plain_;  // Characters that are copied wherever ASCII follows.
};

}  // namespace attune::text
