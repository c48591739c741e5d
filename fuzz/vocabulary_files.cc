// vocab.txt, vocab.json with merges.txt, and tokenizer_config.json beside them, and what the tokenizer then
// makes of a text. The first byte says which of the two; after it stand the files, a zero byte between them.
#include "attune/base/error.h"
#include "attune/io/test_directory.h"
#include "attune/text/tokenizer.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const io::TestDirectory directory;
  fuzz::InputFiles files(data + 1, size - 1);
  const auto write_next = [&](const char* name) { files.write_next(directory.path() / name); };
  if (data[0] & 1) {
    write_next("vocab.txt");
  } else {
    write_next("vocab.json");
    write_next("merges.txt");
  }
  if (!files.is_empty()) write_next("tokenizer_config.json");
  try {
    const auto tokenizer = text::load_tokenizer(directory.path());
    tokenizer->decode(tokenizer->encode("Höhe <|endoftext|> 12's \xF0\x9F\x99\x82\n  \xFF the end [MASK]"));
  } catch (const Error&) {
  }
  return 0;
}
