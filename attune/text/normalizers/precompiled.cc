#include "attune/text/normalizers/precompiled.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/component_json.h"
#include "attune/text/normalizers/characters_of.h"
#include "attune/text/unicode/base64.h"

namespace attune::text {
namespace {

constexpr std::size_t kLongCluster = 6;  // From here on, there is no rule for a cluster as a whole.

// Whether there may be no boundary of clusters beside it. Control characters end clusters on both sides, but
// for CR LF.
bool may_join(char32_t c) {
  if (c < 0x80) return false;
  switch (u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_GRAPHEME_CLUSTER_BREAK)) {
    case U_GCB_OTHER:
    case U_GCB_CONTROL:
      return false;
    default:
      return true;
  }
}

// Ends of the grapheme clusters of a text.
void find_clusters(std::string_view text, std::size_t begin, std::vector<std::size_t>& ends) {
  // Iterators are not to be shared between threads, and making one takes long.
  static thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    check(U_SUCCESS(status), "ICU has no rules for grapheme clusters: {}", u_errorName(status));
    return made;
  }();
  UErrorCode status = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  utext_openUTF8(&utext, text.data(), static_cast<std::int64_t>(text.size()), &status);
  iterator->setText(&utext, status);
  check(U_SUCCESS(status), "cannot divide a text of {} bytes into grapheme clusters: {}", text.size(),
        u_errorName(status));
  for (std::int32_t end = iterator->next(); end != icu::BreakIterator::DONE; end = iterator->next()) {
    ends.push_back(begin + static_cast<std::size_t>(end));
  }
  utext_close(&utext);
}

// Ends of the clusters of a whole text. Most characters are clusters of their own; only runs of those that
// may not be are looked at closely.
std::vector<std::size_t> cluster_ends(std::string_view text) {
  std::vector<std::size_t> ends;
  ends.reserve(text.size());
  std::size_t run = 0;       // Where the run begins that has not been divided.
  std::size_t previous = 0;  // Begin of the character before.
  bool joins = true;         // Whether it may join what follows.
  std::size_t begin = 0;
  const auto close = [&](std::size_t end) {
    if (run == end) return;
    run == previous ? ends.push_back(end) : find_clusters(text.substr(run, end - run), run, ends);
    run = end;
  };
  for_each_character(text, [&](char32_t c, std::size_t end) {
    const bool may = may_join(c);
    const bool after_return = c == '\n' && begin > 0 && text[begin - 1] == '\r';
    if (!may && !joins && !after_return) close(begin);
    joins = may;
    previous = begin;
    begin = end;
  });
  close(text.size());
  return ends;
}

// What HF's `replace` adds to the changes for `old_count` characters that become `text`: the last ones are
// inserted when there are more, the last one removes the rest when there are fewer.
void add_changes(std::size_t old_count, std::string_view text, std::vector<Rewriter::Change>& changes) {
  std::size_t new_count = 0;
  for_each_character(text, [&](char32_t c, std::size_t) {
    changes.push_back({c, 0});
    ++new_count;
  });
  for (std::size_t i = old_count; i < new_count; ++i)
    changes[changes.size() - 1 - (i - old_count)].change = 1;
  if (new_count < old_count && !changes.empty()) {
    changes.back().change -= static_cast<std::ptrdiff_t>(old_count - new_count);
  }
}

}  // namespace

Precompiled::Precompiled(const nlohmann::json& json)
    : Precompiled(decode_base64(json.at("precompiled_charsmap").get_ref<const std::string&>())) {
  check_fields(json, "normalizer", {"precompiled_charsmap"});
}

Precompiled::Precompiled(std::string charsmap) : charsmap_(std::move(charsmap)), rules_(charsmap_) {
  for (std::size_t c = 0; c < keeps_.size(); ++c) {
    const char character = static_cast<char>(c);
    keeps_[c] = !rules_.shortest_rule({&character, 1});
  }
  keeps_['\r'] = keeps_['\r'] && !rules_.shortest_rule("\r\n");  // The only cluster of two in ASCII.
}

void Precompiled::normalize(AlignedText& text) const {
  const std::string_view view = text.view();
  const bool kept = std::all_of(view.begin(), view.end(), [&](char c) {
    return static_cast<unsigned char>(c) < 128 && keeps_[static_cast<std::size_t>(c)];
  });
  if (kept) return;
  std::vector<Rewriter::Change> changes;
  changes.reserve(view.size());
  bool modified = false;
  std::size_t begin = 0;
  for (const std::size_t end : cluster_ends(view)) {
    const std::string_view cluster = view.substr(begin, end - begin);
    begin = end;
    const auto whole = cluster.size() < kLongCluster ? rules_.shortest_rule(cluster) : std::nullopt;
    if (whole) {
      std::size_t count = 0;
      for_each_character(cluster, [&](char32_t, std::size_t) { ++count; });
      add_changes(count, *whole, changes);
      modified = true;
      continue;
    }
    std::size_t at = 0;
    for_each_character(cluster, [&](char32_t c, std::size_t next) {
      if (const auto rule = rules_.shortest_rule(cluster.substr(at, next - at))) {
        add_changes(1, *rule, changes);
        modified = true;
      } else {
        changes.push_back({c, 0});
      }
      at = next;
    });
  }
  if (!modified) return;
  Rewriter rewriter(text);
  rewriter.apply(changes);
  text = rewriter.finish();
}

nlohmann::ordered_json Precompiled::to_json() const {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", encode_base64(charsmap_)}};
}

}  // namespace attune::text
