// The unigram language model of subwords (Kudo 2018, 1804.10959) of tokenizer.json: of all ways to cut a
// piece into tokens, the one with the highest sum of scores (log probabilities), found by Viterbi's
// algorithm. Sums are float64 and every token counts, as in Hugging Face's tokenizers; SentencePieceUnigram
// is the model of SentencePiece's own files.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attune/text/models/model.h"
#include "attune/text/models/piece_trie.h"
#include "attune/text/tokenizer_file.h"
#include "attune/text/vocabulary.h"

namespace attune::text {

class Unigram : public Model {
 public:
  // Without an unknown token, text without tokens is an error. With `byte_fallback` it becomes <0x00> to
  // <0xFF> where the vocabulary has them. Throws Error for a token that is empty or a score that is no
  // number.
  Unigram(ScoredEntries tokens, std::optional<std::int32_t> unknown, bool byte_fallback);

  std::string_view kind() const override { return "Unigram"; }
  const Vocabulary& vocabulary() const override { return *vocabulary_; }
  void encode(std::string_view piece, std::vector<std::int32_t>& ids) const override;
  void tokenize(std::string_view piece, std::vector<Segment>& tokens) const override;
  bool shows_text(std::int32_t id) const override { return id == unknown_; }
  nlohmann::ordered_json to_json() const override;

  static std::unique_ptr<Unigram> from_json(const nlohmann::json& json, ScoredEntries tokens);

 private:
  struct Path {  // The best that ends at a place.
    double score;
    std::uint32_t begin;  // Of its last token; UINT32_MAX where none ends.
    std::int32_t id;
  };
  // The tokens of a piece from the last to the first: put(id, begin, end).
  template <typename Put>
  void cut(std::string_view piece, Put put) const;
  void find_paths(std::string_view piece, Path* paths) const;
  bool falls_back(std::string_view text) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<double> scores_;
  std::optional<std::int32_t> unknown_;
  bool byte_fallback_;
  double unknown_score_;
  PieceTrie trie_;
  std::array<std::int32_t, 256> fallback_ids_;  // Of <0x00> to <0xFF>, -1 for none.
};

}  // namespace attune::text
