// SentencePiece's byte-pair encoding (Sennrich et al. 2016, 1508.07909, on characters): of all neighbours
// that make a piece together, those that make the one with the highest score are merged, the leftmost first,
// until none do. A piece that is not in use is divided again into what it was merged from.
#pragma once

#include <memory>
#include <vector>

#include "attune/text/models/piece_table.h"
#include "attune/text/models/piece_trie.h"
#include "attune/text/models/segmenter.h"

namespace attune::text {

class SentencePieceBpe : public Segmenter {
 public:
  // `user_defined` are the pieces that are never merged or divided; may be null.
  SentencePieceBpe(std::shared_ptr<const PieceTable> pieces, std::shared_ptr<const PieceTrie> user_defined);

  std::string_view kind() const override { return "SentencePiece BPE"; }
  std::vector<Segment> segment(std::string_view sentence) const override;

 private:
  std::shared_ptr<const PieceTable> pieces_;
  std::shared_ptr<const PieceTrie> user_defined_;
};

}  // namespace attune::text
