#include "attune/text/unicode/lowercase.h"

#include <gtest/gtest.h>

namespace attune::text {
namespace {

TEST(LowercaseTest, DoesAsPython) {
  EXPECT_EQ(lowercase("ΟΔΟΣ ΣΑΣ"), "οδος σας");
  EXPECT_EQ(lowercase("İI"), "i\u0307i");
  EXPECT_EQ(lowercase("a\xFFZ"), "a\xFFz");
}

}  // namespace
}  // namespace attune::text
