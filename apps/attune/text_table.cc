#include "apps/attune/text_table.h"

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

std::vector<std::string> TextColumns::wanted(bool with_label) const {
  std::vector<std::string> all = text;
  if (with_label) all.push_back(label);
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

text::Table read_texts(const std::string& path, const TextColumns& columns, bool with_label) {
  columns.validate();
  return text::read_table(path, columns.wanted(with_label), {.column_names = split_names(columns.names)});
}

}  // namespace attune::command
