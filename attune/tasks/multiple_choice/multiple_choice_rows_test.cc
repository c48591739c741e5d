#include "attune/tasks/multiple_choice/multiple_choice_rows.h"

#include <gmock/gmock.h>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::tasks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MultipleChoiceRowsTest : public ::testing::Test {
 protected:
  MultipleChoiceRows read(const std::string& text, const MultipleChoiceColumns& columns) const {
    io::write_text_atomically(directory_.path() / "a.csv", text);
    return {directory_.path() / "a.csv", columns};
  }
  std::string error(const std::string& text, const MultipleChoiceColumns& columns) const {
    try {
      read(text, columns);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  io::TestDirectory directory_;
};

TEST_F(MultipleChoiceRowsTest, ReadsContextEndingsAndLabel) {
  const std::string text =
      "label,sent1,sent2,ending0,ending1\n1,It rains.,He,sings.,gets wet.\nending0,a,b,c,d\n";
  const auto rows = read(text, {"sent1", "sent2", {"ending0", "ending1"}, "label"});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.context(0), "It rains.");
  EXPECT_EQ(rows.ending(0, 1), "He gets wet.");
  EXPECT_THAT(rows.labels(), ElementsAre(1, 0));
  const auto plain = read(text, {"sent1", "", {"ending0", "ending1", "sent2"}, ""});
  EXPECT_FALSE(plain.has_labels());
  EXPECT_EQ(plain.endings(), 3u);
  EXPECT_EQ(plain.ending(1, 2), "b");
}

TEST_F(MultipleChoiceRowsTest, NamesLabelsThatAreNoEnding) {
  for (const char* label : {"2", "-1", "", "x", "1.0", "NaN"}) {
    EXPECT_THAT(error("c,a,b,l\n1,2,3,0\n1,2,3," + std::string(label) + "\n", {"c", "", {"a", "b"}, "l"}),
                AllOf(HasSubstr("line 3"), HasSubstr("0 to 1"), HasSubstr("\"" + std::string(label) + "\"")));
  }
  EXPECT_THAT(error("c,a,b,l\n1,2,3,0\n", {"c", "", {"a", "x"}, "l"}), HasSubstr("no column \"x\""));
  EXPECT_THROW(read("c,a\n1,2\n", {"c", "", {"a"}, ""}), UsageError);
}

}  // namespace
}  // namespace attune::tasks
