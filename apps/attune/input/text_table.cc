#include "apps/attune/input/text_table.h"

#include <sstream>

#include "apps/attune/command.h"
#include "attune/base/error.h"

namespace attune::command {

std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> all;
  std::istringstream in(names);
  for (std::string name; std::getline(in, name, ',');) {
    if (name.empty()) fail_usage("--columns is \"{}\": a name between its commas is empty", names);
    all.push_back(name);
  }
  return all;
}

void TextColumns::validate() const {
  if (text.empty() || text.size() > 2)
    fail_usage("--text names {} columns, expected one, or two where a row is a pair", text.size());
}

void add_column_flags(CLI::App& verb, TextColumns& columns, bool with_label) {
  verb.add_option("--text", columns.text,
                  "Column with the text; two where a row is a pair: --text premise hypothesis")
      ->expected(1, 2)
      ->take_all()
      ->capture_default_str()
      ->group("Data");
  if (with_label) add_value(verb, "Data", "--label", columns.label, "Column with the label");
  add_value(verb, "Data", "--columns", columns.names,
            "NAME,NAME,...: names of the columns of a table without a header line");
}

text::Table read_columns(const std::string& path, const std::string& names,
                         const std::vector<std::string>& wanted) {
  return text::read_table(path, wanted, {.column_names = split_names(names)});
}

text::Table read_texts_with(const std::string& path, const TextColumns& columns,
                            const std::vector<std::string>& more) {
  columns.validate();
  std::vector<std::string> wanted = columns.text;
  wanted.insert(wanted.end(), more.begin(), more.end());
  return read_columns(path, columns.names, wanted);
}

text::Table read_texts(const std::string& path, const TextColumns& columns, bool with_label) {
  return read_texts_with(path, columns,
                         with_label ? std::vector<std::string>{columns.label} : std::vector<std::string>());
}

}  // namespace attune::command
