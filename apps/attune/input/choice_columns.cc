#include "apps/attune/input/choice_columns.h"

#include "apps/attune/command.h"
#include "apps/attune/input/text_table.h"
#include "attune/base/error.h"

namespace attune::command {

void ChoiceColumns::validate() const {
  if (context.empty() && question.empty())
    fail_usage("--context or --question is missing: what are the choices about?");
  if (choices.size() < 2) fail_usage("--choices names {}, expected two or more", choices.size());
}

void add_choice_flags(CLI::App& verb, ChoiceColumns& columns, const std::string& what) {
  verb.add_option("--context", columns.context, what + " the text that a question is about")->group("Data");
  verb.add_option("--question", columns.question, what + " the question, or the beginning of all choices")
      ->group("Data");
  verb.add_option("--choices", columns.choices, what + " each of the choices, two or more")
      ->take_all()
      ->group("Data");
  verb.add_option("--columns", columns.names, "Names of the columns of a file without a header: A,B,...")
      ->group("Data");
}

LabelledQuestions read_questions(const std::string& path, const ChoiceColumns& columns) {
  columns.validate();
  // A question without a context stands alone before the choices, as a context does.
  const bool alone = columns.context.empty();
  const tasks::MultipleChoiceRows rows(path,
                                       {.context = alone ? columns.question : columns.context,
                                        .question = alone ? "" : columns.question,
                                        .endings = columns.choices,
                                        .label = columns.label},
                                       {.column_names = split_names(columns.names)});
  return {tasks::questions_of(rows), rows.labels()};
}

}  // namespace attune::command
