// Prompts made of the columns of a table: "{premise} Question: {hypothesis} True or false?".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::tasks {

class PromptTemplate {
 public:
  // {name} stands for the value of that field, {{ and }} for the braces themselves. Throws UsageError that
  // says where for a brace without its other half and for a field without a name.
  explicit PromptTemplate(std::string_view text);

  // The names of the fields, each once, in the order in which they occur.
  const std::vector<std::string>& fields() const { return fields_; }

  // `value` gives a field's.
  std::string render(const std::function<std::string_view(const std::string&)>& value) const;

 private:
  struct Piece {
    std::string text;  // as it stands, or the name of the field
    bool is_field;
  };
  std::vector<Piece> pieces_;
  std::vector<std::string> fields_;
};

}  // namespace attune::tasks
