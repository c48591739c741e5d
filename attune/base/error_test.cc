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

TEST(Error, UsageErrorIsAnError) { EXPECT_THROW(fail_usage("--layers is {}", 0), Error); }

}  // namespace attune
