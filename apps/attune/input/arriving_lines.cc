#include "apps/attune/input/arriving_lines.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "attune/base/error.h"
#include "attune/text/unicode/utf8.h"

namespace attune::command {

std::vector<std::string> ArrivingLines::next(std::size_t most) {
  std::vector<std::string> lines;
  for (std::string line; lines.size() < most;) {
    if (take(line)) {
      lines.push_back(std::move(line));
    } else if (at_end_ || (!lines.empty() && !has_arrived())) {
      break;
    } else {
      read_more();
    }
  }
  return lines;
}

bool ArrivingLines::take(std::string& line) {
  std::size_t end = buffer_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    if (!at_end_ || begin_ == buffer_.size()) return false;
    end = buffer_.size();  // the last line needs no end
  }
  line = buffer_.substr(begin_, end - begin_);
  if (line.ends_with('\r')) line.pop_back();
  if (std::exchange(at_beginning_, false)) text::remove_byte_order_mark(line);
  begin_ = searched_ = std::min(end + 1, buffer_.size());
  return true;
}

bool ArrivingLines::has_arrived() const {
  pollfd poll_for{descriptor_, POLLIN, 0};
  return ::poll(&poll_for, 1, /*timeout=*/0) > 0;
}

void ArrivingLines::read_more() {
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  std::array<char, 1 << 16> bytes;
  ssize_t count = 0;
  do {
    count = ::read(descriptor_, bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  check(count >= 0, "{} cannot be read: {}", name_, std::strerror(errno));
  at_end_ = count == 0;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
}

}  // namespace attune::command
