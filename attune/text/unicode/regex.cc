#include "attune/text/unicode/regex.h"

#include <oniguruma.h>

#include <mutex>

#include "attune/base/error.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

const OnigUChar* bytes_of(std::string_view text) { return reinterpret_cast<const OnigUChar*>(text.data()); }

std::string message_of(int code, OnigErrorInfo* info) {
  OnigUChar buffer[ONIG_MAX_ERROR_MESSAGE_LEN];
  const int length = info ? onig_error_code_to_str(buffer, code, info) : onig_error_code_to_str(buffer, code);
  return {reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(length)};
}

void initialize() {
  static std::once_flag once;
  std::call_once(once, [] {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings, 1);
  });
}

}  // namespace

Regex::Regex(const std::string& pattern) : pattern_(pattern) {
  initialize();
  regex_t* regex = nullptr;
  OnigErrorInfo info;
  const int code = onig_new(&regex, bytes_of(pattern), bytes_of(pattern) + pattern.size(), ONIG_OPTION_NONE,
                            ONIG_ENCODING_UTF8, ONIG_SYNTAX_RUBY, &info);
  check(code == ONIG_NORMAL, "\"{}\" is not a regular expression: {}", pattern, message_of(code, &info));
  regex_ = std::shared_ptr<void>(regex, [](void* p) { onig_free(static_cast<regex_t*>(p)); });
}

std::vector<Offsets> Regex::find_all(std::string_view text) const {
  const std::unique_ptr<OnigRegion, void (*)(OnigRegion*)> region(
      onig_region_new(), [](OnigRegion* p) { onig_region_free(p, 1); });
  const OnigUChar* const begin = bytes_of(text);
  const OnigUChar* const end = begin + text.size();
  std::vector<Offsets> found;
  for (std::size_t at = 0; at <= text.size();) {
    const int place = onig_search(static_cast<regex_t*>(regex_.get()), begin, end, begin + at, end,
                                  region.get(), ONIG_OPTION_NONE);
    if (place == ONIG_MISMATCH) break;
    check(place >= 0, "the regular expression \"{}\" gave up on a text of {} bytes: {}", pattern_,
          text.size(), message_of(place, nullptr));
    const Offsets match{static_cast<std::size_t>(region->beg[0]), static_cast<std::size_t>(region->end[0])};
    const bool empty = match.begin == match.end;
    if (empty && !found.empty() && found.back().end == match.end) {
      at += at < text.size() ? decode_code_point(text.substr(at)).length : 1;
      continue;
    }
    found.push_back(match);
    at = match.end;
  }
  return found;
}

}  // namespace attune::text
