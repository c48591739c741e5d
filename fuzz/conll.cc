// CoNLL files. The first byte says which columns to take.
#include "attune/text/corpora/conll.h"

#include "attune/base/error.h"
#include "attune/tasks/metrics/entities.h"
#include "fuzz/input_file.h"

using namespace attune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const fuzz::InputFile file(data + 1, size - 1);
  text::ConllColumns columns;
  if (data[0] & 1) columns.word = data[0] >> 4;
  if (data[0] & 2) columns.tag = data[0] >> 2 & 7;
  try {
    const auto sentences = text::read_conll(file.path(), columns);
    for (const text::TaggedSentence& sentence : sentences) {
      fuzz::require(!sentence.words.empty() && sentence.words.size() == sentence.tags.size());
      for (const tasks::Entity& entity : tasks::entities_of(sentence.tags))
        fuzz::require(entity.begin < entity.end && entity.end <= sentence.tags.size());
      const std::vector<std::vector<std::string>> tags{sentence.tags};
      fuzz::require(tasks::entity_scores(tags, tags).accuracy == 1);
    }
    text::check_entity_tags(sentences, file.path());
  } catch (const Error&) {
  }
  return 0;
}
