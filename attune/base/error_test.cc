#include "attune/base/error.h"

#include <gtest/gtest.h>

namespace attune {

TEST(Error, CheckThrowsTheFormattedMessage) {
  EXPECT_NO_THROW(check(true, "never"));
  try {
    check(false, "weight has shape [{}], expected [{}]", 512, 768);
    FAIL() << "check(false, ...) must throw";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "weight has shape [512], expected [768]");
  }
}

struct Counted {
  int* written;
};

}  // namespace attune

template <>
struct fmt::formatter<attune::Counted> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  auto format(const attune::Counted& value, fmt::format_context& context) const {
    ++*value.written;
    return context.out();
  }
};

namespace attune {

TEST(Error, CheckWritesItsMessageOnlyWhenItFails) {
  int written = 0;
  check(true, "{}", Counted{&written});
  EXPECT_EQ(written, 0);
  EXPECT_THROW(check(false, "{}", Counted{&written}), Error);
  EXPECT_EQ(written, 1);
}

TEST(Error, UsageErrorIsAnError) { EXPECT_THROW(fail_usage("--layers is {}", 0), Error); }

}  // namespace attune
