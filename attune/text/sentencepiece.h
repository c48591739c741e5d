// SentencePiece (Kudo and Richardson 2018, 1808.06226) from its model files (.spm, .model): sentences to
// pieces and back, as the library of that name does, version 0.2.3.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/models/piece_table.h"
#include "attune/text/models/segmenter.h"
#include "attune/text/normalizers/sentencepiece_normalizer.h"

namespace attune::text {

class SentencePiece {
 public:
  // `file` is the content of a model file. Throws Error for what is wrong in it or not supported (models of
  // words or characters); it does not name the file.
  explicit SentencePiece(std::string_view file);

  std::string_view kind() const { return segmenter_->kind(); }
  const PieceTable& pieces() const { return *pieces_; }

  struct Encoding {
    std::string normalized;         // The sentence as the model saw it.
    std::vector<Segment> segments;  // Of `normalized`; neighbours without a piece are one segment.

    std::string_view text(const Segment& segment) const {
      return std::string_view(normalized).substr(segment.begin, segment.end - segment.begin);
    }
  };
  Encoding encode(std::string_view sentence) const;

  // The text of pieces. One that the model does not have stands for itself.
  std::string decode(std::span<const std::string_view> pieces) const;

 private:
  std::shared_ptr<const PieceTable> pieces_;
  std::unique_ptr<const SentencePieceNormalizer> normalizer_;
  std::unique_ptr<const SentencePieceNormalizer> denormalizer_;  // May be null.
  std::unique_ptr<const Segmenter> segmenter_;
  std::string unknown_surface_;     // What the unknown piece is decoded to.
  bool strips_leading_ = true;      // Blanks before the text are not of the text,
  bool strips_all_leading_ = true;  // not only the first one.
};

}  // namespace attune::text
