#include "attune/text/normalizers/unicode_form.h"

#include <unicode/normalizer2.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/normalizers/characters_of.h"
#include "attune/text/unicode/unicode.h"

namespace attune::text {
namespace {

using Changes = std::vector<Rewriter::Change>;
using Instance = const icu::Normalizer2* (*)(UErrorCode&);

const icu::Normalizer2& instance(Instance get) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = get(status);
  check(U_SUCCESS(status), "ICU has no data for normal forms: {}", u_errorName(status));
  return *normalizer;
}

const icu::Normalizer2& nfc() {
  static const icu::Normalizer2& normalizer = instance(icu::Normalizer2::getNFCInstance);
  return normalizer;
}

int combining_class(char32_t c) {
  const int combining = nfc().getCombiningClass(static_cast<UChar32>(c));
  return combining != 0 && is_as_old_as(c, kNormalFormsVersion) ? combining : 0;
}

// Every character taken apart, and marks in canonical order. What a character begins with replaces it; the
// rest is inserted.
Changes decompose(std::string_view text, const icu::Normalizer2& form) {
  Changes changes;
  changes.reserve(text.size());
  std::vector<int> classes;
  std::size_t marks = 0;  // Where the marks after the last base begin.
  const auto sort_marks = [&] {
    if (changes.size() - marks < 2) return;
    std::vector<std::pair<int, Rewriter::Change>> run;
    for (std::size_t i = marks; i < changes.size(); ++i) run.emplace_back(classes[i], changes[i]);
    std::stable_sort(run.begin(), run.end(), [](auto& a, auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < run.size(); ++i) std::tie(classes[marks + i], changes[marks + i]) = run[i];
  };
  const auto add = [&](char32_t c, bool first) {
    const int combining = c < 0x300 ? 0 : combining_class(c);
    if (combining == 0) {
      sort_marks();
      marks = changes.size() + 1;
    }
    changes.push_back({c, first ? 0 : 1});
    classes.push_back(combining);
  };
  icu::UnicodeString parts;
  for_each_character(text, [&](char32_t c, std::size_t) {
    const bool divides = c >= 0x80 && form.getDecomposition(static_cast<UChar32>(c), parts) &&
                         is_as_old_as(c, kNormalFormsVersion);
    if (!divides) return add(c, true);
    for (std::int32_t at = 0; at < parts.length(); at = parts.moveIndex32(at, 1)) {
      add(static_cast<char32_t>(parts.char32At(at)), at == 0);
    }
  });
  sort_marks();
  return changes;
}

// Composes what has been taken apart: a mark that joins its base is gone with it.
Changes compose(const Changes& parts) {
  Changes changes;
  changes.reserve(parts.size());
  std::size_t base = SIZE_MAX;  // In `changes`.
  int last = 0;                 // Class of the last mark after the base that did not join it, 0 for none.
  for (const auto& [c, change] : parts) {
    const int combining = c < 0x300 ? 0 : combining_class(c);
    const bool blocked = last != 0 && last >= combining;
    if (base != SIZE_MAX && !blocked) {
      const UChar32 joined =
          nfc().composePair(static_cast<UChar32>(changes[base].character), static_cast<UChar32>(c));
      if (joined >= 0) {
        changes[base] = {static_cast<char32_t>(joined), changes[base].change + change - 1};
        continue;
      }
    }
    changes.push_back({c, change});
    if (combining == 0) {
      base = changes.size() - 1;
      last = 0;
    } else if (base != SIZE_MAX) {
      last = combining;
    }
  }
  return changes;
}

}  // namespace

bool UnicodeForm::is_form(std::string_view name) {
  return name == "NFC" || name == "NFD" || name == "NFKC" || name == "NFKD";
}

UnicodeForm::UnicodeForm(std::string name)
    : name_(std::move(name)), compatible_(name_.size() == 4), composed_(name_.back() == 'C') {}

void UnicodeForm::normalize(AlignedText& text) const {
  if (is_ascii(text.view())) return;
  static const icu::Normalizer2& nfd = instance(icu::Normalizer2::getNFDInstance);
  static const icu::Normalizer2& nfkd = instance(icu::Normalizer2::getNFKDInstance);
  Changes changes = decompose(text.view(), compatible_ ? nfkd : nfd);
  if (composed_) changes = compose(changes);
  Rewriter rewriter(text);
  rewriter.apply(changes);
  text = rewriter.finish();
}

nlohmann::ordered_json UnicodeForm::to_json() const { return {{"type", name_}}; }

}  // namespace attune::text
