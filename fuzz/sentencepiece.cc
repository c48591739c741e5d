// spiece.model and source.spm, and what the model then makes of a text.
#include "attune/text/sentencepiece.h"

#include "attune/base/error.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const text::SentencePiece model({reinterpret_cast<const char*>(data), size});
    const auto encoding = model.encode(" Höhe 12's  ｆｕｌｌ \xF0\x9F\x99\x82\t\xFF the end ");
    std::vector<std::string_view> pieces;
    for (const auto& segment : encoding.segments) pieces.push_back(encoding.text(segment));
    model.decode(pieces);
  } catch (const Error&) {
  }
  return 0;
}
