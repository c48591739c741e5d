#include "attune/tasks/classification/label_map.h"

#include <gmock/gmock.h>

#include "attune/base/error.h"

namespace attune::tasks {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

text::Table table_of(const std::vector<std::string>& labels) {
  text::Table table("train.csv", {"label"});
  std::int64_t line = 1;
  for (const std::string& label : labels) table.append({{label}, ++line});
  return table;
}

std::vector<std::string> distinct(const text::Table& table) { return distinct_labels({&table, 1}, 0); }

template <typename Call>
std::string error(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LabelMapTest, SortsNamesAndNumbers) {
  EXPECT_THAT(LabelMap::of_labels({"pos", "neg", "pos", "Neutral"}).names(),
              ElementsAre("Neutral", "neg", "pos"));
  EXPECT_THAT(LabelMap::of_labels({"10", "9", "-1", "0"}).names(), ElementsAre("-1", "0", "9", "10"));
  EXPECT_THAT(LabelMap::of_labels({"10", "9", "x"}).names(), ElementsAre("10", "9", "x"));
  EXPECT_THAT(LabelMap::of_labels({"deu", "nan"}).names(), ElementsAre("deu", "nan"));  // languages
  EXPECT_THROW(LabelMap::of_labels({}), Error);
  const LabelMap labels = LabelMap::of_labels({"0", "1", "2"});
  EXPECT_EQ(labels.id("2"), 2);
  EXPECT_EQ(labels.name(1), "1");
  EXPECT_EQ(labels.id("3"), std::nullopt);
  EXPECT_THROW(labels.name(3), Error);
  EXPECT_THROW(labels.name(-1), Error);
}

TEST(LabelMapTest, ReadsLabelsOfTables) {
  const text::Table table = table_of({"b", "a", "b"});
  EXPECT_THAT(distinct(table), ElementsAre("a", "b"));
  const LabelMap labels = LabelMap::of_labels(distinct(table));
  EXPECT_THAT(label_ids(table, 0, labels), ElementsAre(1, 0, 1));
  EXPECT_THAT(error([&] {
                label_ids(table_of({"a", "c"}), 0, labels);
              }),
              AllOf(HasSubstr("train.csv: line 3"), HasSubstr("\"c\""), HasSubstr("\"a\", \"b\"")));
  EXPECT_THAT(error([&] { label_ids(table_of({""}), 0, labels); }),
              AllOf(HasSubstr("line 2"), HasSubstr("empty")));
}

TEST(LabelMapTest, NamesRowsWithoutLabel) {
  for (const char* missing : {"", " ", "NaN"}) {
    EXPECT_THAT(error([&] {
                  distinct(table_of({"a", missing}));
                }),
                AllOf(HasSubstr("train.csv: line 3"), HasSubstr("every row needs one")));
  }
}

TEST(LabelMapTest, NamesGapsAmongNumbers) {
  for (const char* gap : {"nan", "NAN", "-nan", "inf", "-Infinity", "NA", "n/a", "None", "null"}) {
    EXPECT_THAT(error([&] {
                  distinct(table_of({"1", "0", "1", gap}));
                }),
                AllOf(HasSubstr("train.csv: line 5"), HasSubstr(gap)));
    EXPECT_THAT(error([&] {
                  distinct(table_of({"0.5", "1.0", gap}));
                }),
                AllOf(HasSubstr("train.csv: line 4"), HasSubstr(gap)));
  }
  EXPECT_THAT(distinct(table_of({"deu", "nan"})), ElementsAre("deu", "nan")) << "a language's code";
  EXPECT_THAT(distinct(table_of({"none", "1", "2 or more"})), ElementsAre("1", "2 or more", "none"));
  const std::vector<text::Table> tables = {table_of({"1", "0"}), table_of({"nan"})};
  EXPECT_THAT(error([&] { distinct_labels(tables, 0); }), HasSubstr("line 2"));
}

TEST(LabelMapTest, ReadsTargetsOfRegression) {
  EXPECT_THAT(regression_targets(table_of({"1", "-2.5", "3e-1", "0"}), 0), ElementsAre(1, -2.5f, 0.3f, 0));
  for (const char* bad :
       {"", "nan", "NaN", "inf", "-inf", "1e39", "1,5", " 1", "1 ", "+1", "0x10", "five", "1e999"}) {
    EXPECT_THAT(error([&] {
                  regression_targets(table_of({"1", bad}), 0);
                }),
                AllOf(HasSubstr("train.csv: line 3"), HasSubstr("\"" + std::string(bad) + "\"")));
  }
}

}  // namespace
}  // namespace attune::tasks
