#include "attune/text/sentencepiece.h"

#include <algorithm>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/models/sentencepiece_bpe.h"
#include "attune/text/models/sentencepiece_unigram.h"
#include "attune/text/sentencepiece_model.pb.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

using sentencepiece::ModelProto;
using sentencepiece::NormalizerSpec;
using sentencepiece::TrainerSpec;

ModelProto parse(std::string_view file) {
  ModelProto model;
  check(file.size() < INT32_MAX && model.ParseFromArray(file.data(), static_cast<int>(file.size())) &&
            model.pieces_size() > 0,
        "not a SentencePiece model, or only a part of one ({} bytes)", file.size());
  return model;
}

Piece::Kind kind_of(ModelProto::SentencePiece::Type type) {
  switch (type) {
    case ModelProto::SentencePiece::NORMAL:
      return Piece::Kind::normal;
    case ModelProto::SentencePiece::UNKNOWN:
      return Piece::Kind::unknown;
    case ModelProto::SentencePiece::CONTROL:
      return Piece::Kind::control;
    case ModelProto::SentencePiece::USER_DEFINED:
      return Piece::Kind::user_defined;
    case ModelProto::SentencePiece::UNUSED:
      return Piece::Kind::unused;
    case ModelProto::SentencePiece::BYTE:
      return Piece::Kind::byte;
  }
  fail("a piece is of type {}, which is not known", static_cast<int>(type));
}

std::shared_ptr<const PieceTable> read_pieces(const ModelProto& model) {
  std::vector<Piece> pieces;
  pieces.reserve(static_cast<std::size_t>(model.pieces_size()));
  for (const auto& piece : model.pieces()) {
    pieces.push_back({piece.piece(), piece.score(), kind_of(piece.type())});
  }
  return std::make_shared<const PieceTable>(std::move(pieces), model.trainer_spec().byte_fallback());
}

std::shared_ptr<const PieceTrie> user_defined_pieces(const PieceTable& pieces) {
  std::vector<std::pair<std::string_view, std::int32_t>> found;
  for (std::int32_t id = 0; id < pieces.size(); ++id) {
    if (pieces[id].kind == Piece::Kind::user_defined) found.emplace_back(pieces[id].text, id);
  }
  return found.empty() ? nullptr : std::make_shared<const PieceTrie>(std::move(found));
}

std::unique_ptr<const SentencePieceNormalizer> make_normalizer(
    const NormalizerSpec& spec, bool whitespace_as_suffix, std::shared_ptr<const PieceTrie> user_defined) {
  return std::make_unique<const SentencePieceNormalizer>(
      CharsMap(spec.precompiled_charsmap()),
      SentencePieceNormalizer::Options{.add_dummy_prefix = spec.add_dummy_prefix(),
                                       .remove_extra_whitespaces = spec.remove_extra_whitespaces(),
                                       .escape_whitespaces = spec.escape_whitespaces(),
                                       .treat_whitespace_as_suffix = whitespace_as_suffix},
      std::move(user_defined));
}

std::unique_ptr<const Segmenter> make_segmenter(TrainerSpec::ModelType type,
                                                std::shared_ptr<const PieceTable> pieces,
                                                std::shared_ptr<const PieceTrie> user_defined) {
  switch (type) {
    case TrainerSpec::UNIGRAM:
      return std::make_unique<const SentencePieceUnigram>(std::move(pieces));
    case TrainerSpec::BPE:
      return std::make_unique<const SentencePieceBpe>(std::move(pieces), std::move(user_defined));
    default:
      break;
  }
  fail("a SentencePiece model of type {} is not supported, expected UNIGRAM or BPE",
       TrainerSpec::ModelType_Name(type));
}

void append_with_spaces(std::string_view piece, std::string& text) {
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t meta = std::min(piece.find(kMetaSpace, at), piece.size());
    text += piece.substr(at, meta - at);
    if (meta < piece.size()) text += ' ';
    at = meta + kMetaSpace.size();
  }
}

// U+FFFD for every byte that is not of a character, and not, as elsewhere, for a part of one.
void append_bytes(std::string_view bytes, std::string& text) {
  while (!bytes.empty()) {
    const CodePoint c = decode_code_point(bytes);
    const bool valid = c.status == CodePoint::Status::valid;
    append_utf8(c.value, text);
    bytes.remove_prefix(valid ? c.length : 1);
  }
}

}  // namespace

SentencePiece::SentencePiece(std::string_view file) {
  const ModelProto model = parse(file);
  const NormalizerSpec& spec = model.normalizer_spec();
  pieces_ = read_pieces(model);
  const auto user_defined = user_defined_pieces(*pieces_);
  normalizer_ = make_normalizer(spec, model.trainer_spec().treat_whitespace_as_suffix(), user_defined);
  if (!model.denormalizer_spec().precompiled_charsmap().empty()) {
    denormalizer_ = make_normalizer(model.denormalizer_spec(), /*whitespace_as_suffix=*/false, nullptr);
  }
  segmenter_ = make_segmenter(model.trainer_spec().model_type(), pieces_, user_defined);
  unknown_surface_ = model.trainer_spec().unk_surface();
  strips_all_leading_ = spec.remove_extra_whitespaces();
  strips_leading_ = spec.add_dummy_prefix() || strips_all_leading_;
}

SentencePiece::Encoding SentencePiece::encode(std::string_view sentence) const {
  Encoding encoding;
  encoding.normalized = normalizer_->normalize(sentence);
  std::vector<Segment> found = segmenter_->segment(encoding.normalized);
  std::vector<Segment>& segments = encoding.segments;
  bool after_unknown = false;
  for (const Segment& segment : found) {
    const bool unknown = segment.id == pieces_->unknown();
    if (unknown && pieces_->byte_fallback()) {
      for (std::size_t at = segment.begin; at < segment.end; ++at) {
        segments.push_back({at, at + 1, pieces_->of_byte(encoding.normalized[at])});
      }
    } else if (unknown && after_unknown) {
      segments.back().end = segment.end;
    } else {
      segments.push_back(segment);
    }
    after_unknown = unknown;
  }
  return encoding;
}

std::string SentencePiece::decode(std::span<const std::string_view> pieces) const {
  std::string text, bytes;
  bool leading = true;    // Whether blanks here are before the text.
  bool stripped = false;  // Whether the only one that does not count was there.
  for (std::string_view piece : pieces) {
    const std::int32_t id = pieces_->find(piece);
    const Piece::Kind kind = (*pieces_)[id].kind;
    if (kind == Piece::Kind::byte) {
      bytes += static_cast<char>(*PieceTable::parse_byte(piece));
      continue;
    }
    append_bytes(std::exchange(bytes, {}), text);
    leading = leading && text.empty() && !stripped;
    stripped = false;
    if (kind == Piece::Kind::control) continue;
    if (kind == Piece::Kind::unknown) {
      text += (*pieces_)[id].text == piece ? std::string_view(unknown_surface_) : piece;
      continue;
    }
    if (leading && strips_leading_ && piece.starts_with(kMetaSpace)) {
      piece.remove_prefix(kMetaSpace.size());
      stripped = !strips_all_leading_;
    }
    append_with_spaces(piece, text);
  }
  append_bytes(bytes, text);
  return denormalizer_ ? denormalizer_->normalize(text) : text;
}

}  // namespace attune::text
