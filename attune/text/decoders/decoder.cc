#include "attune/text/decoders/decoder.h"

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/text/component_json.h"
#include "attune/text/decoders/bpe_decoder.h"
#include "attune/text/decoders/byte_fallback_decoder.h"
#include "attune/text/decoders/byte_level_decoder.h"
#include "attune/text/decoders/decoder_sequence.h"
#include "attune/text/decoders/fuse_decoder.h"
#include "attune/text/decoders/metaspace_decoder.h"
#include "attune/text/decoders/replace_decoder.h"
#include "attune/text/decoders/strip_decoder.h"
#include "attune/text/decoders/wordpiece_decoder.h"

namespace attune::text {

std::unique_ptr<const Decoder> make_decoder(const nlohmann::json& json) {
  const std::string type = type_of(json, "decoder");
  if (type == "ByteLevel") return std::make_unique<ByteLevelDecoder>(json);
  if (type == "WordPiece") return std::make_unique<WordPieceDecoder>(json);
  if (type == "Metaspace") return std::make_unique<MetaspaceDecoder>(json);
  if (type == "BPEDecoder") return std::make_unique<BpeDecoder>(json);
  if (type == "ByteFallback") return std::make_unique<ByteFallbackDecoder>();
  if (type == "Fuse") return std::make_unique<FuseDecoder>();
  if (type == "Strip") return std::make_unique<StripDecoder>(json);
  if (type == "Replace") return std::make_unique<ReplaceDecoder>(json);
  if (type == "Sequence") return std::make_unique<DecoderSequence>(json);
  fail(
      "decoder {} is not supported, expected ByteLevel, WordPiece, Metaspace, BPEDecoder, ByteFallback, "
      "Fuse, "
      "Strip, Replace or Sequence",
      type);
}

}  // namespace attune::text
