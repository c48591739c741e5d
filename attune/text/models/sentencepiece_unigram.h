// The unigram language model of subwords (Kudo 2018, 1804.10959): of all ways to cut a sentence into pieces,
// the one whose pieces have the highest sum of scores (log probabilities), found by Viterbi's algorithm.
// Gives the pieces of SentencePiece 0.2.3 to the last tie: sums are float32 and grow from left to right, a
// later path must be better than an earlier one, an unknown character costs 10 more than the rarest piece.
#pragma once

#include <memory>
#include <vector>

#include "attune/text/models/piece_table.h"
#include "attune/text/models/piece_trie.h"
#include "attune/text/models/segmenter.h"

namespace attune::text {

class SentencePieceUnigram : public Segmenter {
 public:
  explicit SentencePieceUnigram(std::shared_ptr<const PieceTable> pieces);

  std::string_view kind() const override { return "SentencePiece Unigram"; }
  std::vector<Segment> segment(std::string_view sentence) const override;

 private:
  std::shared_ptr<const PieceTable> pieces_;
  PieceTrie trie_;             // Of the pieces that text is cut into; values are ids.
  std::vector<float> scores_;  // By id.
  float unknown_score_;
};

}  // namespace attune::text
