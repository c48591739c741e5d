// The examples of a masked language model: tokens around and between pieces of a corpus, some of them masked.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "attune/tasks/language_modeling/corpus_chunks.h"
#include "attune/tasks/masked_language_modeling/masking.h"
#include "attune/tasks/masked_language_modeling/segment_pairs.h"
#include "attune/tasks/text_inputs.h"
#include "attune/tasks/text_to_text/token_format.h"
#include "attune/text/corpora/sentence_corpus.h"

namespace attune::tasks {

struct MaskedExampleOptions {
  std::int64_t context = 0;  // the most tokens of an example, special ones included
  bool packing = true;       // as many sentences as fit; false: one, or a pair of neighbouring ones
  PairObjective pairs = PairObjective::none;
  MaskingOptions masking = {};
};

struct MaskedExample {
  TextInput input;
  std::vector<std::int64_t> targets;  // one a token, -100 for those that are not predicted
  std::int64_t pair_label = 0;
};

// The examples of one corpus.
class MaskedExamples {
 public:
  // Throws UsageError for a context without room for text, and Error for a corpus of which no example can be
  // made: without a second document for next_sentence, or of single words where there are pairs. `name` is
  // the corpus's, for errors.
  MaskedExamples(text::SentenceCorpus corpus, const text::Tokenizer& tokenizer, const std::string& name,
                 const MaskedExampleOptions& options);

  std::int64_t size() const { return static_cast<std::int64_t>(chunks_.size()); }
  // Tokens of an example; where a segment is exchanged it may have a few more or less.
  std::int64_t length(std::int64_t index) const;
  // A pure function of its arguments: with another seed the tokens to predict, and the pair, are others.
  MaskedExample example(std::int64_t index, std::uint64_t seed) const;
  std::int64_t tokens() const { return corpus_.tokens(); }

 private:
  struct Tokens {
    std::vector<std::int32_t> ids;
    std::vector<std::uint8_t> begins_word;
  };
  Chunks cut() const;
  void append(const text::CorpusRange& range, Tokens& tokens) const;
  std::vector<std::int64_t> document_starts(const text::CorpusRange& range) const;

  text::SentenceCorpus corpus_;
  MaskedExampleOptions options_;
  TokenFormat format_;
  std::optional<std::int32_t> separator_;  // between documents
  Masking masking_;
  std::int64_t room_;  // for text
  Chunks chunks_;
};

}  // namespace attune::tasks
