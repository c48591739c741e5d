#include "attune/text/corpora/conll.h"

#include <utility>

#include "attune/base/error.h"
#include "attune/text/corpora/line_reader.h"
#include "attune/text/tables/columns.h"

namespace attune::text {
namespace {

constexpr std::string_view kBlanks = " \t\v\f\r";
constexpr std::string_view kDocumentStart = "-DOCSTART-";

std::vector<std::string_view> split_at_blanks(std::string_view line) {
  std::vector<std::string_view> columns;
  for (std::size_t begin = 0; (begin = line.find_first_not_of(kBlanks, begin)) != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    columns.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return columns;
}

class Sentences {
 public:
  Sentences(const std::filesystem::path& path, const ConllColumns& columns)
      : path_(path), columns_(columns) {}

  void add(const std::string& line, std::int64_t number) {
    const auto columns = split_at_blanks(line);
    if (columns.empty() || columns[0] == kDocumentStart) {
      end_sentence();
      if (!unclear_.empty()) unclear_.emplace_back(line, number);
    } else if (may_be_comment(line, columns.size())) {
      // Until a word's line has shown what they look like, it may be a word.
      if (width_ == 0) unclear_.emplace_back(line, number);
    } else {
      if (width_ == 0) begin(line, number);
      add_word(columns, number);
    }
  }

  std::vector<TaggedSentence> finish() && {
    if (width_ == 0 && !unclear_.empty()) begin(unclear_[0].first, unclear_[0].second);
    end_sentence();
    check(!sentences_.empty(), "{} holds no sentences", path_.string());
    return std::move(sentences_);
  }

 private:
  bool may_be_comment(std::string_view line, std::size_t columns) const {
    if (!line.starts_with("# ") || sentence_.size() > 0) return false;
    return tabs_ ? line.find('\t') == std::string_view::npos : columns != width_;
  }

  // For messages, where columns are counted from 1.
  std::string expected() const {
    const std::size_t word = columns_.word + 1;
    if (!columns_.with_tags) return fmt::format("a word in column {}", word);
    if (!columns_.tag) return fmt::format("a word in column {} and its tag after it", word);
    return fmt::format("a word in column {} and its tag in another, {}", word, *columns_.tag + 1);
  }

  // The first line of a word.
  void begin(const std::string& line, std::int64_t number) {
    const std::size_t width = split_at_blanks(line).size();
    width_ = width;
    tabs_ = line.find('\t') != std::string::npos;
    tag_ = columns_.with_tags ? columns_.tag.value_or(width - 1) : 0;
    check(std::max(columns_.word, tag_) < width && (columns_.word != tag_ || !columns_.with_tags),
          "{}: line {} has {} columns, expected {}", path_.string(), number, width, expected());
    for (const auto& [line, at] : std::exchange(unclear_, {})) add(line, at);
  }

  void add_word(const std::vector<std::string_view>& columns, std::int64_t number) {
    check(columns.size() == width_, "{}: line {} has {} columns, expected {}, as the lines before",
          path_.string(), number, columns.size(), width_);
    sentence_.words.emplace_back(columns[columns_.word]);
    if (columns_.with_tags) sentence_.tags.emplace_back(columns[tag_]);
    sentence_.lines.push_back(number);
  }

  void end_sentence() {
    if (sentence_.size() > 0) sentences_.push_back(std::exchange(sentence_, {}));
  }

  const std::filesystem::path& path_;
  ConllColumns columns_;
  std::size_t width_ = 0, tag_ = 0;  // No width: no word yet.
  bool tabs_ = false;                // Between the columns.
  std::vector<std::pair<std::string, std::int64_t>> unclear_;
  TaggedSentence sentence_;
  std::vector<TaggedSentence> sentences_;
};

}  // namespace

std::vector<TaggedSentence> read_conll(const std::filesystem::path& path, const ConllColumns& columns) {
  LineReader reader(path);
  Sentences sentences(path, columns);
  for (std::string line; reader.next(line);) {
    expect_text(line, path, reader.line());
    sentences.add(line, reader.line());
  }
  return std::move(sentences).finish();
}

bool is_entity_tag(std::string_view tag) {
  return tag == "O" ||
         (tag.size() > 2 && tag[1] == '-' && std::string_view("BIES").find(tag[0]) != std::string_view::npos);
}

std::int64_t check_entity_tags(const std::vector<TaggedSentence>& sentences,
                               const std::filesystem::path& path) {
  std::int64_t begin_inside = 0;
  for (const TaggedSentence& sentence : sentences) {
    std::string_view type;  // Of the entity that goes on; none: empty.
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      const std::string_view tag = sentence.tags[i];
      check(is_entity_tag(tag),
            "{}: line {}: the tag is \"{}\", expected O, B-TYPE or I-TYPE (or E-TYPE, S-TYPE)", path.string(),
            sentence.lines[i], tag);
      const bool of_entity = tag != "O";
      if (of_entity && tag[0] == 'I' && type != tag.substr(2)) ++begin_inside;
      const bool goes_on = of_entity && (tag[0] == 'B' || tag[0] == 'I');
      type = goes_on ? tag.substr(2) : std::string_view();
    }
  }
  return begin_inside;
}

}  // namespace attune::text
