// Numbers as tables write them.
#pragma once

#include <cstdint>
#include <string_view>

namespace attune::series {

enum class Cell : std::uint8_t {
  number,
  missing,    // empty, NA, NaN, null, None, "-", "?"
  infinite,   // "inf", and what is too large for a double
  thousands,  // 1.234,56 or 1,234: which of them is meant is not guessed
  text,
};

class NumberReader {
 public:
  // `separator` of the table: where it is a comma, a comma is no decimal one.
  explicit NumberReader(char separator) : comma_may_be_decimal_(separator != ',') {}

  // Sets `value` for a number. The first fraction decides between point and comma.
  Cell read(std::string_view text, double& value);

  // '.' until a number with a comma was read.
  char decimal() const { return decimal_ == ',' ? ',' : '.'; }

 private:
  Cell read_slowly(std::string_view text, double& value);

  bool comma_may_be_decimal_;
  char decimal_ = 0;  // not known yet
};

}  // namespace attune::series
