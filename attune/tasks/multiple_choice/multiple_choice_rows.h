// Rows of multiple choice: a context, endings of which one fits, and which one does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/tables/table.h"

namespace attune::tasks {

// Columns by name. SWAG's are "sent1", "ending0" to "ending3", "label"; a question's start that all endings
// share may stand in a column of its own ("sent2").
struct MultipleChoiceColumns {
  std::string context;
  std::string question;              // None: empty.
  std::vector<std::string> endings;  // Two or more.
  std::string label;                 // None, as when a model is asked: empty.
};

class MultipleChoiceRows {
 public:
  // Throws as text::read_table(), and Error that names the line for a label that is neither the number of an
  // ending, from 0, nor its letter, from A, nor the name of its column; UsageError for fewer than two
  // endings.
  MultipleChoiceRows(const std::filesystem::path& path, const MultipleChoiceColumns& columns,
                     const text::TableOptions& options = {});

  std::size_t size() const { return table_.rows(); }
  std::size_t endings() const { return endings_; }
  std::string_view context(std::size_t row) const { return table_.value(row, 0); }
  // With the question before it, as Hugging Face's run_swag.py does: "QUESTION ENDING".
  std::string ending(std::size_t row, std::size_t index) const;
  // The ending alone, and the question, "" where there is none.
  std::string_view choice(std::size_t row, std::size_t index) const { return table_.value(row, 1 + index); }
  std::string_view question(std::size_t row) const {
    return has_question_ ? table_.value(row, 1 + endings_) : std::string_view();
  }
  bool has_labels() const { return !labels_.empty(); }
  const std::vector<std::int64_t>& labels() const { return labels_; }
  std::int64_t line(std::size_t row) const { return table_.line(row); }

 private:
  text::Table table_;  // Context, endings, then question and label where there are any.
  std::size_t endings_;
  bool has_question_;
  std::vector<std::int64_t> labels_;
};

}  // namespace attune::tasks
