#include "attune/tasks/scoring/prompt_template.h"

#include <algorithm>

#include "attune/base/error.h"

namespace attune::tasks {

PromptTemplate::PromptTemplate(std::string_view text) {
  std::string plain;
  const auto finish_plain = [&] {
    if (!plain.empty()) pieces_.push_back({plain, false});
    plain.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      plain += c;
      ++at;
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == c) {
      plain += c;
      at += 2;
      continue;
    }
    const auto end = text.find('}', at);
    if (c == '}' || end == text.npos)
      fail_usage("the prompt has a \"{}\" without its other half at byte {}; write {} for the brace itself",
                 c, at, c == '}' ? "}}" : "{{");
    const std::string name(text.substr(at + 1, end - at - 1));
    if (name.empty()) fail_usage("the prompt has a field without a name, {{}}, at byte {}", at);
    finish_plain();
    pieces_.push_back({name, true});
    if (std::ranges::find(fields_, name) == fields_.end()) fields_.push_back(name);
    at = end + 1;
  }
  finish_plain();
}

std::string PromptTemplate::render(const std::function<std::string_view(const std::string&)>& value) const {
  std::string text;
  for (const auto& [piece, is_field] : pieces_) text += is_field ? value(piece) : std::string_view(piece);
  return text;
}

}  // namespace attune::tasks
