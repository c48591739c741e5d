// Text files as a stream of parts, with bounded memory whatever the size of the files and of their documents.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/text/tokenizer.h"

namespace attune::text {

// What to read. A file is a document, or several: with a separator, every line equal to it stands between two
// documents and belongs to neither.
struct TextFiles {
  std::vector<std::filesystem::path> paths;
  std::optional<std::string> separator;
};

// Bytes [begin, end) of a file.
struct TextRange {
  std::filesystem::path path;
  std::uint64_t begin, end;
};

// The files as ranges. Throws Error for one that is missing, empty or not a regular file, and for none at
// all.
std::vector<TextRange> whole_files(std::span<const std::filesystem::path> paths);

// At most `budget` bytes of the ranges, in blocks of 1 MiB that are spread evenly over them; all of them when
// they are not more. Blocks begin and end anywhere, also inside a word.
std::vector<TextRange> sample_ranges(const std::vector<TextRange>& ranges, std::uint64_t budget);

std::uint64_t total_bytes(const std::vector<TextRange>& ranges);

// A document, or a piece of a long one.
struct TextPart {
  std::string text;  // Not empty.
  bool begins_document = false;
  std::filesystem::path path;
  std::uint64_t offset = 0;  // Of the text in the file, in bytes.
  std::uint64_t line = 1;    // That the text begins in, from 1; counted from the beginning of the range.

  // Throws `error`, met in this text, as an Error that names the file, the line and the offset in it.
  [[noreturn]] void rethrow(const EncodeError& error) const;
};

class TextReader {
 public:
  static constexpr std::size_t kPartBytes = std::size_t{1} << 20;

  // Finds the first position at or after `from` where a text can be divided; text.size() if there is none.
  using FindCut = std::function<std::size_t(std::string_view text, std::size_t from)>;

  // Documents of more than kPartBytes are divided where `find_cut` says. Where it finds no place within
  // another kPartBytes they are divided all the same, between characters.
  TextReader(std::vector<TextRange> ranges, std::optional<std::string> separator, FindCut find_cut);

  // Reads the next part; false at the end. Documents without text are passed over. Throws Error for a file
  // that cannot be read or ends early.
  bool next(TextPart& part);

  // Bytes of the ranges that have gone by.
  std::uint64_t position() const { return position_; }

 private:
  struct Division {
    std::size_t end;        // Of the part.
    std::size_t separator;  // Length of the separator line after it, 0 if there is none.
  };

  bool open_next_range();
  void fill();
  bool at_range_end() const { return unread_bytes_ == 0; }
  Division divide(std::string_view text) const;
  std::optional<Division> find_separator(std::string_view text) const;
  std::size_t divisible_bytes(std::string_view text) const;
  void advance(std::size_t bytes);

  std::vector<TextRange> ranges_;
  std::optional<std::string> separator_;
  FindCut find_cut_;

  std::size_t next_range_ = 0;
  std::ifstream file_;
  std::uint64_t unread_bytes_ = 0;  // Of the range, not yet in the buffer.
  std::string buffer_;
  std::size_t start_ = 0;  // Of what is in the buffer and not yet in a part.
  std::uint64_t offset_ = 0, line_ = 1, position_ = 0;
  bool at_line_start_ = true, begins_document_ = true;
};

}  // namespace attune::text
