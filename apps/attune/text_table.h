// Tables of texts as the verbs that classify them read them: the flags that name columns, and the texts.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "attune/tasks/text_inputs.h"
#include "attune/text/tables/table.h"
#include "attune/text/tokenizer.h"

namespace attune::command {

struct TextColumns {
  std::string text = "text", text_pair, label = "label";
  std::string names;  // of a file without a header, with commas between them

  // The text, the second text where there is one, and, `with_label`, the label.
  std::vector<std::string> wanted(bool with_label) const;
  bool pairs() const { return !text_pair.empty(); }
  std::size_t label_column() const { return pairs() ? 2 : 1; }
};

void add_column_flags(CLI::App& verb, TextColumns& columns, bool with_label);

// Errors name the file, and the line or the columns there are.
text::Table read_texts(const std::string& path, const TextColumns& columns, bool with_label);

}  // namespace attune::command
