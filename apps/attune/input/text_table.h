// Tables of texts as the verbs that read them do: the flags that name columns, and the texts.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "attune/text/tables/table.h"

namespace attune::command {

struct TextColumns {
  std::vector<std::string> text = {"text"};  // one, or two where a row is a pair
  std::string label = "label";
  std::string names;  // of a file without a header, with commas between them

  bool pairs() const { return text.size() > 1; }
  std::size_t label_column() const { return text.size(); }
  // Throws UsageError for other than one or two columns of text, as a configuration can say.
  void validate() const;
};

// The names in what --columns says: "text,label". Throws UsageError for an empty one.
std::vector<std::string> split_names(const std::string& names);

// --text NAME [NAME], --columns, and, `with_label`, --label.
void add_column_flags(CLI::App& verb, TextColumns& columns, bool with_label);

// "A,B,C" as names of columns. Throws UsageError for an empty one.
std::vector<std::string> split_names(const std::string& names);

// These columns of a table; `names` of a file without a header, with commas between them.
text::Table read_columns(const std::string& path, const std::string& names,
                         const std::vector<std::string>& wanted);
// The texts and these columns. Errors name the file, and the line or the columns there are.
text::Table read_texts_with(const std::string& path, const TextColumns& columns,
                            const std::vector<std::string>& more);
// The texts and, `with_label`, the label.
text::Table read_texts(const std::string& path, const TextColumns& columns, bool with_label);

}  // namespace attune::command
