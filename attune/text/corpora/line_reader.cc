#include "attune/text/corpora/line_reader.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/unicode/utf8.h"

namespace attune::text {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kBufferBytes = 1 << 17;

gzFile handle(void* file) { return static_cast<gzFile>(file); }

}  // namespace

void LineReader::Close::operator()(void* file) const { gzclose_r(handle(file)); }

LineReader::LineReader(fs::path path) : path_(std::move(path)), buffer_(kBufferBytes) {
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  check(fs::exists(status), "cannot open {}: No such file or directory", path_.string());
  check(!fs::is_directory(status), "{} is a directory, expected a text file", path_.string());
  file_.reset(gzopen(path_.c_str(), "rb"));
  check(file_ != nullptr, "cannot open {}: {}", path_.string(), std::strerror(errno));
  gzbuffer(handle(file_.get()), kBufferBytes);
  check(path_.extension() != ".gz" || gzdirect(handle(file_.get())) == 0,
        "{} is not compressed by gzip, as its name says: rename it, or compress it again", path_.string());
}

bool LineReader::fill() {
  const int count = gzread(handle(file_.get()), buffer_.data(), kBufferBytes);
  int code = Z_OK;
  const char* message = gzerror(handle(file_.get()), &code);
  check(code != Z_ERRNO, "cannot read {}: {}", path_.string(), std::strerror(errno));
  check(code != Z_BUF_ERROR, "{} is cut off: its compressed data end after line {}", path_.string(), line_);
  check(count >= 0, "{} is damaged: after line {}, gzip says \"{}\"", path_.string(), line_, message);
  begin_ = 0;
  end_ = static_cast<std::size_t>(count);
  return count > 0;
}

bool LineReader::next(std::string& line) {
  line.clear();
  line_end_ = {};
  bool any = false;
  while (begin_ < end_ || fill()) {
    any = true;
    const char* first = buffer_.data() + begin_;
    const std::size_t count = end_ - begin_;
    const auto* newline = static_cast<const char*>(std::memchr(first, '\n', count));
    const std::size_t length = newline == nullptr ? count : static_cast<std::size_t>(newline - first);
    check(line.size() + length <= kLongestLine,
          "{}: line {} is longer than {} MiB: this is no text file, or its lines do not end as text's do",
          path_.string(), line_ + 1, kLongestLine >> 20);
    line.append(first, length);
    begin_ += length;
    if (newline == nullptr) continue;
    ++begin_;
    line_end_ = "\n";
    break;
  }
  if (!any) return false;
  if (!line_end_.empty() && line.ends_with('\r')) {
    line.pop_back();
    line_end_ = "\r\n";
  } else if (line.ends_with('\r')) {
    line.pop_back();
  }
  if (line_++ == 0) remove_byte_order_mark(line);
  return true;
}

}  // namespace attune::text
