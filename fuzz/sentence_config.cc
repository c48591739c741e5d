// modules.json of a sentence-transformers directory and the files that it names. They stand one after the
// other, a zero byte between them.
#include "attune/models/text/sentence_config.h"

#include <string_view>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const io::TestDirectory directory;
  fuzz::InputFiles files(data, size);
  for (const char* folder : {"1_Pooling", "2_Dense"})
    std::filesystem::create_directory(directory.path() / folder);
  for (const char* name :
       {"modules.json", "sentence_bert_config.json", "tokenizer_config.json",
        "config_sentence_transformers.json", "1_Pooling/config.json", "2_Dense/config.json"}) {
    const std::string_view text = files.next();
    if (!text.empty()) fuzz::InputFiles::write(directory.path() / name, text);
  }
  try {
    const models::SentenceConfig config = models::read_sentence_config(directory.path());
    fuzz::require(config.max_length >= 0 && config.truncate_width >= 0);
  } catch (const Error&) {
  }
  return 0;
}
