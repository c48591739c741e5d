// WordPiece (Schuster and Nakajima 2012; Devlin et al. 2019, WordpieceTokenizer in tokenization.py): again
// and again the longest token that a word begins with. One that goes on in a word is written with a prefix,
// "##". A word that cannot be cut so is unknown as a whole.
#pragma once

#include <memory>
#include <string>

#include "attune/text/models/model.h"
#include "attune/text/models/piece_trie.h"
#include "attune/text/vocabulary.h"

namespace attune::text {

class WordPiece : public Model {
 public:
  struct Options {
    std::string unk_token = "[UNK]";
    std::string continuing_subword_prefix = "##";
    std::size_t max_input_chars_per_word = 100;  // Longer words are unknown.
  };
  // Throws Error for a vocabulary without the unknown token.
  WordPiece(std::shared_ptr<const Vocabulary> vocabulary, Options options);

  std::string_view kind() const override { return "WordPiece"; }
  const Vocabulary& vocabulary() const override { return *vocabulary_; }
  void encode(std::string_view piece, std::vector<std::int32_t>& ids) const override;
  void tokenize(std::string_view piece, std::vector<Segment>& tokens) const override;
  nlohmann::ordered_json to_json() const override;

  static std::unique_ptr<WordPiece> from_json(const nlohmann::json& json,
                                              std::shared_ptr<const Vocabulary> vocabulary);

 private:
  // Calls put(id, begin, end) for every token; false, and no more calls, when the word is unknown.
  template <typename Put>
  bool cut(std::string_view word, Put put) const;
  bool is_too_long(std::string_view word) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  Options options_;
  std::int32_t unknown_;
  PieceTrie first_, continuing_;  // The latter without the prefix.
};

}  // namespace attune::text
