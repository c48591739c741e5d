// Questions on texts, as the JSON files of SQuAD have them: v1.1 (Rajpurkar et al. 2016), v2.0, whose
// questions may be impossible to answer (Rajpurkar, Jia, Liang 2018), and the many data sets of the same
// form.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace attune::text {

// Bytes [begin, begin + text.size()) of the context; files count Unicode code points.
struct SquadAnswer {
  std::string text;
  std::size_t begin = 0;

  std::size_t end() const { return begin + text.size(); }
};

struct SquadQuestion {
  std::string id, text;
  std::size_t context = 0, article = 0;  // Which of SquadData's.
  bool is_impossible = false;
  std::vector<SquadAnswer>
      answers;  // One to train on, several to evaluate; none where it is impossible or not known.
};

struct SquadData {
  std::vector<std::string> titles;    // Of articles; empty where there is none.
  std::vector<std::string> contexts;  // Paragraphs of all articles.
  std::vector<SquadQuestion> questions;

  const std::string& context_of(const SquadQuestion& question) const { return contexts[question.context]; }
  bool has_impossible() const;  // As v2.0.
};

// Plain or compressed by gzip. Throws Error that names the file, and the question by its id, for what is no
// such JSON, an id that stands twice, an answer that the context does not have where it says, and answers to
// an impossible question; and for a file without a question. "plausible_answers" and what else files hold is
// passed over.
SquadData read_squad(const std::filesystem::path& path);

// Whether a .json file, also .json.gz, is meant for read_squad() and not lines of JSON: its first line is not
// an object of its own without "data". Throws Error when it cannot be read.
bool is_squad_file(const std::filesystem::path& path);

}  // namespace attune::text
