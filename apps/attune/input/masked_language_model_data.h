// The text of a masked language model's run as the examples of its objective.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/attune/train/masked_language_model_run.h"
#include "attune/tasks/masked_language_modeling/masked_examples.h"
#include "attune/text/corpora/language_files.h"
#include "attune/text/tokenizer.h"

namespace attune::command {

tasks::PairObjective pairs_of(const MaskedLanguageModelRun& run);
// Throws UsageError naming the flag.
void validate_objective(const MaskedLanguageModelRun& run);
// The most tokens of an example. Throws UsageError for more than the model takes, where the user said so.
std::int64_t context_of(const MaskedLanguageModelRun& run, const models::VocabularyModel& model);

// The examples of each language, whose tokens are kept in run.cache, or in a folder of the run. `kind` is a
// part of their names there. `progress` may be null.
std::vector<tasks::MaskedExamples> open_examples(const MaskedLanguageModelRun& run,
                                                 const std::vector<text::LanguageFiles>& languages,
                                                 const std::string& kind, const text::Tokenizer& tokenizer,
                                                 std::int64_t context, std::FILE* progress);

}  // namespace attune::command
