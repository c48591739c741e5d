// A text file line by line, plain or compressed by gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attune::text {

class LineReader {
 public:
  // A file, or a pipe. Throws Error for one that is missing or a directory, or is named .gz and not gzip.
  explicit LineReader(std::filesystem::path path);

  static constexpr std::size_t kLongestLine = std::size_t{1} << 28;  // In bytes.

  // The next line without its end, "\n" or "\r\n"; false at the end of the file. A byte order mark at the
  // beginning of the file is no text. Throws Error that names the file when it cannot be read, for
  // compressed data that is damaged or cut off, and for a line that is longer than any text is.
  bool next(std::string& line);

  // What ended the last line: "\n", "\r\n", or nothing at the end of the file.
  std::string_view line_end() const { return line_end_; }

  // Lines read so far: the number of the last one, from 1.
  std::int64_t line() const { return line_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(void* file) const;
  };
  bool fill();

  std::filesystem::path path_;
  std::unique_ptr<void, Close> file_;  // gzFile, which reads plain files as they are
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what is read and not yet taken
  std::int64_t line_ = 0;
  std::string_view line_end_;
};

}  // namespace attune::text
