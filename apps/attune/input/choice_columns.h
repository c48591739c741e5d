// Questions with answers to choose from, as the verbs about them name the columns of a table.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "attune/tasks/multiple_choice/multiple_choice.h"

namespace attune::command {

struct ChoiceColumns {
  std::string context, question;     // at least one of them
  std::vector<std::string> choices;  // two or more
  std::string label;                 // empty when a model is asked
  std::string names;                 // of a file without a header, with commas between them

  // Throws UsageError naming the flag that is missing.
  void validate() const;
};

// --context, --question, --choices and --columns; `what` says what they name: "Column with".
void add_choice_flags(CLI::App& verb, ChoiceColumns& columns, const std::string& what);

// Errors name the file, and the line or the columns there are.
struct LabelledQuestions {
  std::vector<tasks::ChoiceQuestion> questions;
  std::vector<std::int64_t> labels;  // empty without a column of them
};
LabelledQuestions read_questions(const std::string& path, const ChoiceColumns& columns);

}  // namespace attune::command
