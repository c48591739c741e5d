#include "attune/text/tables/json_lines_reader.h"

#include <simdjson.h>

#include <utility>

#include "attune/base/error.h"
#include "attune/text/tables/columns.h"

namespace attune::text {
namespace {

namespace dom = simdjson::dom;

// Sets `text` to what a value says. Returns false for one that is no text.
bool read_value(const dom::element& value, std::string& text) {
  switch (value.type()) {
    case dom::element_type::STRING:
      text.assign(std::string_view(value));
      return true;
    case dom::element_type::INT64:
      text = fmt::format("{}", std::int64_t(value));
      return true;
    case dom::element_type::UINT64:
      text = fmt::format("{}", std::uint64_t(value));
      return true;
    case dom::element_type::DOUBLE:
      text = fmt::format("{}", double(value));
      return true;
    case dom::element_type::BOOL:
      text = bool(value) ? "true" : "false";
      return true;
    default:
      return false;
  }
}

const char* kind_of(const dom::element& value) {
  if (value.is_null()) return "null";
  if (value.is_string()) return "a string";
  if (value.is_bool()) return "true or false";
  if (value.is_number()) return "a number";
  return value.is_array() ? "a list" : "an object";
}

}  // namespace

struct JsonLinesReader::Parser {
  dom::parser parser;
  dom::object row;
};

JsonLinesReader::JsonLinesReader(const std::filesystem::path& path, const std::vector<std::string>& wanted)
    : lines_(path), parser_(std::make_unique<Parser>()), wanted_(wanted) {
  check(read_line(), "{} is empty, expected a JSON object a line", path.string());
  for (const auto& [name, value] : parser_->row) columns_.emplace_back(name);
  expect_unique(path, lines_.line(), columns_);
  find_columns(path, columns_, wanted, "");
}

JsonLinesReader::~JsonLinesReader() = default;

std::string JsonLinesReader::where() const {
  return fmt::format("{}: line {}", lines_.path().string(), lines_.line());
}

bool JsonLinesReader::read_line() {
  do {
    if (!lines_.next(line_)) return false;
  } while (line_.find_first_not_of(" \t\r") == std::string::npos);
  expect_text(line_, path(), lines_.line());
  line_.reserve(line_.size() + simdjson::SIMDJSON_PADDING);
  dom::element element;
  // simdjson reads up to that many bytes past the end, and uses none of them.
  const simdjson::error_code error =
      parser_->parser.parse(line_.data(), line_.size(), /*realloc_if_needed=*/false).get(element);
  check(error == simdjson::SUCCESS, "{}: not valid JSON: {}", where(), simdjson::error_message(error));
  check(element.get(parser_->row) == simdjson::SUCCESS,
        "{}: expected a JSON object a line, as {{\"text\": \"…\", \"label\": \"…\"}}, got {}", where(),
        element.is_array() ? "a list" : "a value");
  return true;
}

bool JsonLinesReader::next(TableRow& row) {
  if (!std::exchange(holds_first_, false) && !read_line()) return false;
  row.line = lines_.line();
  take_values(row);
  return true;
}

void JsonLinesReader::take_values(TableRow& row) {
  row.values.resize(wanted_.size());
  std::vector<bool> found(wanted_.size());
  if (first_line_ == 0) first_line_ = lines_.line();
  const bool is_first = lines_.line() == first_line_;
  if (is_first) is_text_.resize(wanted_.size());
  for (const auto& [name, value] : parser_->row) {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (name != wanted_[i]) continue;
      check(!found[i], "{}: \"{}\" stands twice in the object", where(), name);
      check(read_value(value, row.values[i]), "{}: \"{}\" is {}, expected a string, a number, true or false",
            where(), name, kind_of(value));
      if (is_first) is_text_[i] = value.is_string();
      check(value.is_string() == is_text_[i],
            "{}: \"{}\" is {}, which in line {} is {}: expected values of one kind", where(), name,
            kind_of(value), first_line_, is_text_[i] ? "a string" : "none");
      found[i] = true;
    }
  }
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (found[i]) continue;
    std::vector<std::string> names;
    for (const auto& [name, value] : parser_->row) names.emplace_back(name);
    fail("{}: the row has no \"{}\"; it has {}", where(), wanted_[i], list_names(names));
  }
}

}  // namespace attune::text
