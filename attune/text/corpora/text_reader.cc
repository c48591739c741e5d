#include "attune/text/corpora/text_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace attune::text {
namespace {

namespace fs = std::filesystem;

std::ifstream open_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  check(file.is_open(), "cannot open {}: {}", path.string(), std::strerror(errno));
  return file;
}

// Far less than a part, so that a line which may become a separator is never all that the buffer holds.
constexpr std::size_t kMaxSeparatorBytes = 4096;

}  // namespace

std::vector<TextRange> whole_files(std::span<const fs::path> paths) {
  check(!paths.empty(), "no text files given");
  std::vector<TextRange> ranges;
  for (const fs::path& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    check(fs::exists(status), "cannot open {}: No such file or directory", path.string());
    check(fs::is_regular_file(status), "{} is not a regular file, expected a text file", path.string());
    open_text(path);
    const std::uint64_t size = fs::file_size(path);
    check(size > 0, "{} is empty, expected text", path.string());
    ranges.push_back({path, 0, size});
  }
  return ranges;
}

std::uint64_t total_bytes(const std::vector<TextRange>& ranges) {
  std::uint64_t total = 0;
  for (const TextRange& range : ranges) total += range.end - range.begin;
  return total;
}

std::vector<TextRange> sample_ranges(const std::vector<TextRange>& ranges, std::uint64_t budget) {
  constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;
  const std::uint64_t total = total_bytes(ranges);
  if (total <= budget) return ranges;
  const std::uint64_t count = std::max<std::uint64_t>(1, budget / kBlock);
  std::vector<TextRange> blocks;
  std::uint64_t before = 0;  // Bytes of the ranges gone by.
  std::uint64_t block = 0;
  for (const TextRange& range : ranges) {
    const std::uint64_t size = range.end - range.begin;
    for (; block < count; ++block) {
      const std::uint64_t begin = total / count * block - before;  // In this range.
      if (begin >= size) break;
      blocks.push_back({range.path, range.begin + begin, range.begin + std::min(size, begin + kBlock)});
    }
    before += size;
  }
  return blocks;
}

void TextPart::rethrow(const EncodeError& error) const {
  fail("{}: line {}, offset {}: {}", path.string(), line + error.line() - 1, offset + error.offset(),
       error.reason());
}

TextReader::TextReader(std::vector<TextRange> ranges, std::optional<std::string> separator, FindCut find_cut)
    : ranges_(std::move(ranges)), separator_(std::move(separator)), find_cut_(std::move(find_cut)) {
  if (separator_ &&
      (separator_->size() > kMaxSeparatorBytes || separator_->find('\n') != std::string::npos)) {
    fail_usage("a document separator is one line of at most {} bytes, got {} bytes", kMaxSeparatorBytes,
               separator_->size());
  }
}

bool TextReader::open_next_range() {
  if (next_range_ == ranges_.size()) return false;
  const TextRange& range = ranges_[next_range_++];
  file_ = open_text(range.path);
  file_.seekg(static_cast<std::streamoff>(range.begin));
  unread_bytes_ = range.end - range.begin;
  offset_ = range.begin;
  line_ = 1;
  at_line_start_ = begins_document_ = true;
  return true;
}

// Two parts are in the buffer, or all that is left of the range.
void TextReader::fill() {
  const std::size_t held = buffer_.size() - start_;
  if (held >= 2 * kPartBytes || at_range_end()) return;
  buffer_.erase(0, start_);
  start_ = 0;
  // Four parts at a time, so that many short documents do not move the buffer for each of them.
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(4 * kPartBytes - held, unread_bytes_));
  buffer_.resize(held + wanted);
  file_.read(buffer_.data() + held, static_cast<std::streamsize>(wanted));
  check(file_.gcount() == static_cast<std::streamsize>(wanted),
        "{} cannot be read beyond byte {}: it has become shorter, or the disk fails",
        ranges_[next_range_ - 1].path.string(), offset_ + held + static_cast<std::uint64_t>(file_.gcount()));
  unread_bytes_ -= wanted;
}

bool TextReader::next(TextPart& part) {
  while (true) {
    fill();
    const std::string_view text = std::string_view(buffer_).substr(start_);
    if (text.empty()) {
      if (!open_next_range()) return false;
      continue;
    }
    const Division division = divide(text);
    if (division.end > 0) {
      part.text = text.substr(0, division.end);
      part.begins_document = std::exchange(begins_document_, false);
      part.path = ranges_[next_range_ - 1].path;
      part.offset = offset_;
      part.line = line_;
    }
    if (division.separator > 0) begins_document_ = true;
    advance(division.end + division.separator);
    if (division.end > 0) return true;
  }
}

void TextReader::advance(std::size_t bytes) {
  const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(start_);
  line_ += static_cast<std::uint64_t>(std::count(begin, begin + static_cast<std::ptrdiff_t>(bytes), '\n'));
  if (bytes > 0) at_line_start_ = buffer_[start_ + bytes - 1] == '\n';
  start_ += bytes;
  offset_ += bytes;
  position_ += bytes;
}

TextReader::Division TextReader::divide(std::string_view text) const {
  const std::optional<Division> document = find_separator(text);
  const std::size_t limit = document ? document->end : divisible_bytes(text);
  std::size_t end = limit;
  if (limit > kPartBytes) {
    end = find_cut_(text.substr(0, limit), kPartBytes);
    if (end == limit && !document && !at_range_end()) {
      --end;
      while (end > kPartBytes && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    }
  }
  return {end, document && end == limit ? document->separator : 0};
}

// The first separator line: the document before it, and its length with the line's end.
std::optional<TextReader::Division> TextReader::find_separator(std::string_view text) const {
  if (!separator_) return std::nullopt;
  std::size_t begin = at_line_start_ ? 0 : text.find('\n');
  if (begin == std::string_view::npos) return std::nullopt;
  if (!at_line_start_) ++begin;
  while (begin < text.size()) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) {
      if (!at_range_end()) return std::nullopt;
      end = text.size();
    }
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == *separator_) return Division{begin, std::min(end + 1, text.size()) - begin};
    begin = end + 1;
  }
  return std::nullopt;
}

// All but a last line that is not whole yet and may turn out to be a separator.
std::size_t TextReader::divisible_bytes(std::string_view text) const {
  if (!separator_ || at_range_end()) return text.size();
  const std::size_t line = text.rfind('\n') + 1;  // 0 when there is no line's end.
  return text.size() - line <= separator_->size() + 1 ? line : text.size();
}

}  // namespace attune::text
