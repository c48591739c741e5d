// Text to pre-train on: sentences and documents, as tokens. The first byte says whether words are to be
// known.
#include <fstream>

#include "attune/base/error.h"
#include "attune/io/test_directory.h"
#include "attune/text/corpora/sentence_corpus.h"
#include "fuzz/input_file.h"

using namespace attune;

namespace {

std::unique_ptr<text::Tokenizer> small_tokenizer(const std::filesystem::path& directory) {
  std::ofstream(directory / "vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\n.\n";
  return text::load_tokenizer(directory);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const io::TestDirectory directory;
  static const auto tokenizer = small_tokenizer(directory.path());
  const fuzz::InputFile file(data + 1, size - 1);
  const auto cache = directory.path() / "cache";
  std::filesystem::remove(cache);
  try {
    const auto corpus = text::open_sentence_corpus({file.path()}, *tokenizer, (data[0] & 1) != 0, cache);
    std::int64_t tokens = 0, sentences = 0;
    for (std::int64_t i = 0; i < corpus.documents(); ++i) {
      fuzz::require(corpus.document(i).begin == sentences && corpus.document(i).size() > 0);
      sentences = corpus.document(i).end;
    }
    for (std::int64_t i = 0; i < corpus.sentences(); ++i) {
      fuzz::require(corpus.sentence(i).begin == tokens && corpus.sentence(i).size() > 0);
      tokens = corpus.sentence(i).end;
      for (const text::CorpusToken& token : corpus.read(corpus.sentence(i)))
        fuzz::require(token.id >= 0 && token.id < tokenizer->vocab_size());
    }
    fuzz::require(sentences == corpus.sentences() && tokens == corpus.tokens() && tokens > 0);
  } catch (const Error&) {
  }
  return 0;
}
