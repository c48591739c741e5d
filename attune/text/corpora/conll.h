// Files of tagged words, as the shared tasks of CoNLL have them: a word a line with its columns between white
// space, blank lines between sentences, -DOCSTART- lines between documents.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::text {

struct ConllColumns {
  std::size_t word = 0;                 // From 0: 1 in CoNLL-U.
  std::optional<std::size_t> tag = {};  // None: the last one.
  bool with_tags = true;                // Else words alone are read, and may be all that there is.
};

// One value a word; tags are empty when they are not read.
struct TaggedSentence {
  std::vector<std::string> words, tags;
  std::vector<std::int64_t> lines;  // From 1.

  std::size_t size() const { return words.size(); }
};

// Plain or compressed by gzip. A line that begins with "# " before a sentence's first word is a comment
// where it has no tab and words' lines have, or where it has another number of columns than they. Throws
// Error that names file and line for invalid UTF-8, another number of columns than in the lines before, and
// for files without a sentence.
std::vector<TaggedSentence> read_conll(const std::filesystem::path& path, const ConllColumns& columns = {});

// Whether it is O, B-TYPE, I-TYPE, E-TYPE or S-TYPE.
bool is_entity_tag(std::string_view tag);

// Tags of entities are O, B-TYPE, I-TYPE, or E-TYPE and S-TYPE of the schemes with ends. Throws Error that
// names file and line for any other. Returns how many entities begin with an I-TYPE (IOB1's way; in IOB2 an
// error of the annotation that metrics forgive).
std::int64_t check_entity_tags(const std::vector<TaggedSentence>& sentences,
                               const std::filesystem::path& path);

}  // namespace attune::text
