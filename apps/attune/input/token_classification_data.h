// CoNLL files as what the task of labelling words takes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/train/token_classification_run.h"
#include "attune/tasks/classification/label_map.h"
#include "attune/tasks/tagging/token_classification.h"
#include "attune/text/corpora/conll.h"
#include "attune/text/tokenizer.h"

namespace attune::command {

// --word-column as the reader takes it. Throws UsageError for what is none.
std::size_t word_column_of(std::int64_t flag);
// The columns of a run. Throws UsageError naming the flag.
text::ConllColumns columns_of(const TokenClassificationRun& run);

struct ConllFile {
  std::string path;
  std::vector<text::TaggedSentence> sentences;
};

std::vector<ConllFile> read_files(const std::vector<std::string>& paths, const text::ConllColumns& columns);

// Sentences cut to `max_length` tokens. Throws Error that names the line of a label that is not among these.
tasks::LabelledSentences encode(const std::vector<ConllFile>& files, const text::Tokenizer& tokenizer,
                                const tasks::LabelMap& labels, std::int64_t max_length);

// Says how many sentences lost words, unless `progress` is null.
void tell_cut(std::FILE* progress, const tasks::LabelledSentences& some, std::int64_t max_length,
              const char* which, const char* consequence);

}  // namespace attune::command
