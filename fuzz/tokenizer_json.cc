// tokenizer.json, and what the tokenizer then makes of a text.
#include <fstream>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"
#include "attune/text/tokenizer.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const io::TestDirectory directory;
  std::ofstream(directory.path() / "tokenizer.json", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    const auto tokenizer = text::load_tokenizer(directory.path());
    const auto ids = tokenizer->encode("Höhe <|endoftext|> 12's \xF0\x9F\x99\x82\n  \xFF the end");
    tokenizer->decode(ids);
  } catch (const Error&) {
  }
  return 0;
}
