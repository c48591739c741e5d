// The text that runs of language models learn from: its flags, its files, its tokens.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/attune/command.h"
#include "attune/base/error.h"
#include "attune/text/corpora/corpus.h"

namespace attune::command {

struct Corpora {
  text::TokenCorpus train;
  std::optional<text::TokenCorpus> valid;
};

// What the functions below need to know of a run.
struct TextSource {
  const std::vector<std::string>&train, &valid;
  double valid_fraction;
  std::string separator;
  std::filesystem::path cache;  // where the tokenised text is kept
};
Corpora open_corpora(const TextSource& source, const text::Tokenizer& tokenizer, std::FILE* progress);
text::TextFiles text_files(const std::vector<std::string>& paths, const std::string& separator);

template <typename Run>
text::TextFiles text_files(const Run& run, const std::vector<std::string>& paths) {
  return text_files(paths, run.separator);
}

template <typename Run>
Corpora open_corpora(const Run& run, const text::Tokenizer& tokenizer, std::FILE* progress) {
  const std::filesystem::path cache =
      run.cache.empty() ? std::filesystem::path(run.place.out) / "cache" : std::filesystem::path(run.cache);
  return open_corpora(TextSource{run.train, run.valid, run.valid_fraction, run.separator, cache}, tokenizer,
                      progress);
}

// Throws UsageError for two ways of giving a validation text.
template <typename Run>
void validate_texts(const Run& run) {
  if (!run.valid.empty() && run.valid_fraction != 0)
    fail_usage("--valid and --valid-fraction exclude one another");
  if (!(run.valid_fraction >= 0 && run.valid_fraction < 1))
    fail_usage("--valid-fraction is {}, expected 0 <= fraction < 1", run.valid_fraction);
}

// --train, --valid, --valid-fraction, --separator, --tokenizer, --cache-dir.
template <typename Run>
void add_text_flags(CLI::App& verb, Run& run, const char* tokenizers) {
  verb.add_option("--train", run.train, "Text files to learn from")->take_all()->group("Data");
  verb.add_option("--valid", run.valid, "Text files to evaluate on")->take_all()->group("Data");
  add_value(verb, "Data", "--valid-fraction", run.valid_fraction,
            "Last part of the training text to evaluate on instead");
  verb.add_option("--separator", run.separator,
                  "Line that stands between the documents of a file (default: a file is a document)")
      ->group("Data");
  add_value(verb, "Data", "--tokenizer", run.tokenizer, tokenizers);
  verb.add_option("--cache-dir", run.cache, "Where the tokenised text is kept (default: OUT/cache)")
      ->group("Data");
}

// A flag wins over the other way of saying the same that a configuration chose.
template <typename Run>
void drop_text_alternatives(const CLI::App& verb, Run& run) {
  const auto given = [&](const char* flag) { return verb.get_option(flag)->count() > 0; };
  if (given("--valid") && !given("--valid-fraction")) run.valid_fraction = 0;
  if (given("--valid-fraction") && !given("--valid")) run.valid.clear();
}

}  // namespace attune::command
