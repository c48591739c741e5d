#include "apps/attune/text_table.h"

#include <sstream>

#include "apps/attune/command.h"
#include "attune/base/error.h"

namespace attune::command {
namespace {

std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> all;
  std::istringstream in(names);
  for (std::string name; std::getline(in, name, ',');) {
    if (name.empty()) fail_usage("--columns is \"{}\": a name between its commas is empty", names);
    all.push_back(name);
  }
  return all;
}

}  // namespace

std::vector<std::string> TextColumns::wanted(bool with_label) const {
  std::vector<std::string> all{text};
  if (pairs()) all.push_back(text_pair);
  if (with_label) all.push_back(label);
  return all;
}

void add_column_flags(CLI::App& verb, TextColumns& columns, bool with_label) {
  add_value(verb, "Data", "--text-column", columns.text, "Column with the text");
  add_value(verb, "Data", "--text-pair-column", columns.text_pair,
            "Column with the second text, where a label is that of a pair");
  if (with_label) add_value(verb, "Data", "--label-column", columns.label, "Column with the label");
  add_value(verb, "Data", "--columns", columns.names,
            "NAME,NAME,...: names of the columns of a table without a header line");
}

text::Table read_texts(const std::string& path, const TextColumns& columns, bool with_label) {
  return text::read_table(path, columns.wanted(with_label), {.column_names = split_names(columns.names)});
}

}  // namespace attune::command
