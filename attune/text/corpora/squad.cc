#include "attune/text/corpora/squad.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/corpora/line_reader.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMostShown = 60;  // Bytes of a text in a message.

std::string shown(std::string_view text) {
  if (text.size() <= kMostShown) return std::string(text);
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

// A field of an object; `where` names the object in messages.
template <typename T>
T field(const dom::object& object, const char* name, std::string_view where, const char* expected) {
  T value{};
  const simdjson::error_code error = object[name].get(value);
  check(error == simdjson::SUCCESS, "{}: \"{}\" is {}, expected {}", where, name,
        error == simdjson::NO_SUCH_FIELD ? "missing" : "of another type", expected);
  return value;
}

dom::object object_of(const dom::element& element, std::string_view list, std::string_view where) {
  dom::object object;
  check(element.get(object) == simdjson::SUCCESS, "{}: \"{}\" holds something that is no object", where,
        list);
  return object;
}

// Where characters of a text begin.
class CharacterIndex {
 public:
  explicit CharacterIndex(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += decode_code_point(text.substr(at)).length)
      begins_.push_back(at);
    begins_.push_back(text.size());
  }
  std::size_t characters() const { return begins_.size() - 1; }
  std::size_t byte_of(std::size_t character) const { return begins_[character]; }

 private:
  std::vector<std::size_t> begins_;
};

std::string read_all(const std::filesystem::path& path) {
  LineReader reader(path);
  std::string text;
  for (std::string line; reader.next(line);) (text += line) += reader.line_end();
  return text;
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : file_(path.string()) {}

  SquadData read(const dom::element& root) && {
    dom::object object;
    check(root.get(object) == simdjson::SUCCESS,
          "{}: expected an object {{\"data\": [{{\"paragraphs\": …}}]}}, as SQuAD's files are", file_);
    for (const dom::element element : field<dom::array>(object, "data", file_, "a list of articles"))
      read_article(object_of(element, "data", file_));
    check(!data_.questions.empty(), "{} holds no questions", file_);
    return std::move(data_);
  }

 private:
  void read_article(const dom::object& article) {
    const std::string where = fmt::format("{}: article {}", file_, data_.titles.size() + 1);
    std::string_view title;
    if (article["title"].get(title) != simdjson::SUCCESS) title = {};
    data_.titles.emplace_back(title);
    for (const dom::element element : field<dom::array>(article, "paragraphs", where, "a list of paragraphs"))
      read_paragraph(object_of(element, "paragraphs", where), where);
  }

  void read_paragraph(const dom::object& paragraph, const std::string& article) {
    const auto context = field<std::string_view>(paragraph, "context", article, "a text");
    data_.contexts.emplace_back(context);
    const CharacterIndex characters(context);
    for (const dom::element element : field<dom::array>(paragraph, "qas", article, "a list of questions"))
      read_question(object_of(element, "qas", article), article, characters);
  }

  void read_question(const dom::object& object, const std::string& article,
                     const CharacterIndex& characters) {
    SquadQuestion question;
    question.id = field<std::string_view>(object, "id", article, "a string");
    const std::string where = fmt::format("{}: question {}", file_, shown(question.id));
    check(ids_.insert(question.id).second, "{}: two questions have this id", where);
    question.text = field<std::string_view>(object, "question", where, "a text");
    question.context = data_.contexts.size() - 1;
    question.article = data_.titles.size() - 1;
    if (object["is_impossible"].error() != simdjson::NO_SUCH_FIELD)
      question.is_impossible = field<bool>(object, "is_impossible", where, "true or false");
    if (object["answers"].error() != simdjson::NO_SUCH_FIELD) {
      for (const dom::element element : field<dom::array>(object, "answers", where, "a list of answers"))
        question.answers.push_back(read_answer(object_of(element, "answers", where), where, characters));
    }
    check(!question.is_impossible || question.answers.empty(),
          "{}: it is said to be impossible, and has answers", where);
    data_.questions.push_back(std::move(question));
  }

  SquadAnswer read_answer(const dom::object& object, const std::string& where,
                          const CharacterIndex& characters) const {
    const std::string& context = data_.contexts.back();
    SquadAnswer answer{std::string(field<std::string_view>(object, "text", where, "a text"))};
    const auto start = field<std::int64_t>(object, "answer_start", where, "a whole number");
    check(!answer.text.empty(), "{}: an answer is empty", where);
    check(start >= 0 && start < static_cast<std::int64_t>(characters.characters()),
          "{}: \"answer_start\" is {}, expected 0 to {}, a place in the context of {} characters", where,
          start, characters.characters() - 1, characters.characters());
    answer.begin = characters.byte_of(static_cast<std::size_t>(start));
    const std::string_view there = std::string_view(context).substr(answer.begin, answer.text.size());
    check(there == answer.text,
          "{}: the answer \"{}\" is not at \"answer_start\" {} of its context, where \"{}\" stands: expected "
          "the "
          "number of characters (Unicode code points) before it",
          where, shown(answer.text), start, replace_invalid_utf8(shown(there)));
    return answer;
  }

  std::string file_;
  SquadData data_;
  std::unordered_set<std::string> ids_;
};

}  // namespace

bool SquadData::has_impossible() const {
  return std::any_of(questions.begin(), questions.end(),
                     [](const SquadQuestion& question) { return question.is_impossible; });
}

SquadData read_squad(const std::filesystem::path& path) {
  const std::string text = read_all(path);
  dom::parser parser;
  dom::element root;
  const simdjson::error_code error = parser.parse(text).get(root);
  check(error == simdjson::SUCCESS, "{}: not valid JSON: {}", path.string(), simdjson::error_message(error));
  return Reader(path).read(root);
}

bool is_squad_file(const std::filesystem::path& path) {
  const std::filesystem::path name = path.extension() == ".gz" ? path.stem() : path;
  if (name.extension() != ".json") return false;
  LineReader reader(path);
  std::string line;
  reader.next(line);
  dom::parser parser;
  dom::object object;
  if (parser.parse(line).get(object) != simdjson::SUCCESS) return true;  // goes on in the next line
  return object["data"].error() == simdjson::SUCCESS;
}

}  // namespace attune::text
