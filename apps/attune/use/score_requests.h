// Prompts with the answers to choose from: of the command line, or of the rows of a table, with examples
// before them.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attune/tasks/scoring/answer_scores.h"

namespace attune::command {

struct ScoreData {
  std::string prompt, template_file;  // either; {field} is a column of the table
  std::vector<std::string> answers;   // {field} too
  std::string input, label, columns;
  std::string examples;  // a table as that of --input
  std::int64_t shots = 0;
  std::optional<std::uint64_t> seed;  // of the draw of examples; none: the first ones
};

// --prompt, --template, --answers, --input, --label, --columns, --examples, --shots, --seed.
void add_score_flags(CLI::App& verb, ScoreData& data);

struct ScoreRequests {
  std::vector<tasks::PromptAndAnswers> prompts;
  std::vector<std::size_t> labels;  // the index of the right answer; empty without --label
};

// Throws UsageError for flags that make no sense together, Error that names file and line for data that do
// not.
ScoreRequests read_score_requests(const ScoreData& data);

}  // namespace attune::command
