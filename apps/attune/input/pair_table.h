// Tables of pairs of texts, a source and what is to be written for it, for text-to-text models.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "attune/text/corpora/parallel_text.h"
#include "attune/text/translation_tokenizer.h"

namespace attune::command {

struct PairColumns {
  std::string source = "source", target = "target";
  std::string prefix;         // stands before every source: "summarize: "
  std::string prefix_column;  // the column with each row's own; empty: there is none
  std::string names;          // of a file without a header, with commas between them

  // Whether any of this was said.
  bool given(const CLI::App& verb) const;
};

// --source, --target, --prefix, --prefix-column and --columns.
void add_pair_flags(CLI::App& verb, const char* group, PairColumns& columns);

struct TextPairs {
  std::vector<std::string> sources, targets;  // sources with their prefixes
  std::int64_t empty = 0;                     // rows that were left out: a side is blank
  // What the prefixes call the tasks, "summarize" for "summarize: ", or the file where there is no prefix;
  // and which of them each pair is of. Both empty where these are more than 32.
  std::vector<std::string> tasks;
  std::vector<std::size_t> task_of;
};

// The rows of tables, .csv, .tsv or .jsonl by the ending of their names, also .gz. FILE=PREFIX is a file
// whose sources have that prefix instead of the common one. The column's prefix stands behind it, with ": "
// after it unless it ends in white space itself. Errors name the file, and the line or the columns there are.
TextPairs read_pair_tables(const std::vector<std::string>& files, const PairColumns& columns);

struct EncodedPairs {
  text::ParallelCorpus corpus;
  std::int64_t cut_sources = 0, cut_targets = 0;
};

// The pairs as tokens, each side with its end of text, and cut to `limits` tokens, its end among them.
EncodedPairs encode_pairs(const TextPairs& pairs, const text::TranslationTokenizer& tokenizer,
                          const text::ParallelLimits& limits);

// "left out: 3 with an empty side; cut: 2 sources to 512 tokens"; empty when there is nothing to say.
std::string left_out(const TextPairs& pairs, const EncodedPairs& encoded, const text::ParallelLimits& limits);

}  // namespace attune::command
