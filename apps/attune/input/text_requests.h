// What the verbs that use a text model share: where the texts come from, and how the model is run.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/attune/input/text_table.h"

namespace attune::command {

struct TextRequest {
  bool takes_pairs = true;  // what the verb says: whether a text may be two, with a tab between them
  std::string directory, dtype = "float32";
  std::vector<std::string> texts;  // of the command line
  std::string pair;                // with one of those: the second text of the pair
  std::string input, out;          // empty: standard input, standard output
  TextColumns columns;
  std::int64_t batch_size = 32;
  bool json = false;
};

struct RequestedText {
  std::string first;
  std::optional<std::string> second;  // of a pair
};

// DIR, TEXT..., --input, --text, --columns, --out, --json, --batch-size, --dtype, --threads, and, where
// the verb takes pairs, --pair. `use` says what is done with a text: "label".
void add_request_flags(CLI::App& verb, TextRequest& request, const std::string& use);

// Throws UsageError naming the flag.
void validate(const TextRequest& request);

// Calls visit(texts) for stretches of the texts, in order: those of the command line; or the rows of --input,
// a table by the ending of its name (.csv, .tsv, .jsonl, also .gz), else a file of lines; or the lines of
// standard input as they arrive. A stretch has at most `most` texts, those of a table and of the command line
// come at once. A tab in a line divides a pair.
using VisitTexts = std::function<void(std::span<const RequestedText>)>;
void for_each_stretch(const TextRequest& request, std::size_t most, const VisitTexts& visit);

}  // namespace attune::command
