#include "attune/text/tables/columns.h"

#include <simdjson.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "attune/base/error.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

constexpr std::size_t kMostListed = 30, kLongestName = 60;

// A name of a hostile file may be anything.
std::string quoted_name(std::string_view name) {
  if (name.size() <= kLongestName) return fmt::format("\"{}\"", name);
  std::size_t end = kLongestName;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  return fmt::format("\"{}…\"", name.substr(0, end));
}

}  // namespace

std::string list_names(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kMostListed); ++i) {
    if (i > 0) list += ", ";
    list += quoted_name(names[i]);
  }
  if (names.size() > kMostListed) list += fmt::format(" and {} more", names.size() - kMostListed);
  return list;
}

std::vector<std::size_t> find_columns(const std::filesystem::path& path,
                                      const std::vector<std::string>& present,
                                      const std::vector<std::string>& wanted, std::string_view advice) {
  std::unordered_map<std::string_view, std::size_t> places;  // Wide tables have thousands of columns.
  for (std::size_t i = 0; i < present.size(); ++i) places.emplace(present[i], i);
  std::vector<std::size_t> indices;
  for (const std::string& name : wanted) {
    const auto found = places.find(name);
    if (found == places.end() || name.empty())
      fail("{}: there is no column \"{}\"; its columns are {}{}", path.string(), name, list_names(present),
           advice);
    indices.push_back(found->second);
  }
  return indices;
}

void expect_unique(const std::filesystem::path& path, std::int64_t line,
                   const std::vector<std::string>& names) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& name : names) {
    check(name.empty() || seen.insert(name).second,
          "{}: line {}: two columns have the name {}: rename one of them", path.string(), line,
          quoted_name(name));
  }
}

void expect_text(std::string_view text, const std::filesystem::path& path, std::int64_t line) {
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos)
    fail("{}: line {}, byte {} of the line: a NUL, which no text has: save the file as UTF-8", path.string(),
         line, at);
  if (simdjson::validate_utf8(text.data(), text.size())) return;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_code_point(text.substr(at));
    if (point.status != CodePoint::Status::valid) {
      fail("{}: line {}, byte {} of the line: invalid UTF-8 (byte 0x{:02X}): save the file as UTF-8",
           path.string(), line, at, static_cast<unsigned char>(text[at]));
    }
    at += point.length;
  }
}

}  // namespace attune::text
