#include "attune/tasks/multiple_choice/multiple_choice_rows.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

std::vector<std::string> table_columns(const MultipleChoiceColumns& columns) {
  if (columns.endings.size() < 2)
    fail_usage("multiple choice takes two columns of endings or more, got {}", columns.endings.size());
  std::vector<std::string> names{columns.context};
  names.insert(names.end(), columns.endings.begin(), columns.endings.end());
  if (!columns.question.empty()) names.push_back(columns.question);
  if (!columns.label.empty()) names.push_back(columns.label);
  return names;
}

std::int64_t ending_of(std::string_view label, const std::vector<std::string>& endings,
                       const std::string& where) {
  const auto named = std::find(endings.begin(), endings.end(), label);
  if (named != endings.end()) return named - endings.begin();
  if (label.size() == 1 && std::isalpha(static_cast<unsigned char>(label[0])) != 0) {
    const auto letter = static_cast<std::size_t>(std::toupper(static_cast<unsigned char>(label[0])) - 'A');
    if (letter < endings.size()) return static_cast<std::int64_t>(letter);
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), index);
  check(error == std::errc() && end == label.data() + label.size() && index < endings.size(),
        "{}: the label is \"{}\", expected the number of an ending, 0 to {}, its letter or the name of "
        "its column",
        where, label, endings.size() - 1);
  return static_cast<std::int64_t>(index);
}

}  // namespace

MultipleChoiceRows::MultipleChoiceRows(const std::filesystem::path& path,
                                       const MultipleChoiceColumns& columns,
                                       const text::TableOptions& options)
    : table_(text::read_table(path, table_columns(columns), options)),
      endings_(columns.endings.size()),
      has_question_(!columns.question.empty()) {
  if (columns.label.empty()) return;
  const std::size_t label = table_.columns().size() - 1;
  for (std::size_t row = 0; row < table_.rows(); ++row)
    labels_.push_back(ending_of(table_.value(row, label), columns.endings, table_.where(row)));
}

std::string MultipleChoiceRows::ending(std::size_t row, std::size_t index) const {
  const std::string_view ending = table_.value(row, 1 + index);
  if (!has_question_) return std::string(ending);
  return fmt::format("{} {}", table_.value(row, 1 + endings_), ending);
}

}  // namespace attune::tasks
