#include "attune/text/tables/table.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Rows = std::vector<std::vector<std::string>>;

class TableTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    io::write_text_atomically(directory_.path() / name, text);
    return directory_.path() / name;
  }
  static Rows rows_of(const Table& table) {
    Rows rows(table.rows());
    for (std::size_t row = 0; row < table.rows(); ++row) {
      for (std::size_t column = 0; column < table.columns().size(); ++column)
        rows[row].emplace_back(table.value(row, column));
    }
    return rows;
  }
  Rows rows(const std::string& name, const std::string& text, const std::vector<std::string>& columns,
            const TableOptions& options = {}) const {
    return rows_of(read_table(write(name, text), columns, options));
  }
  std::string error(const std::string& name, const std::string& text, const std::vector<std::string>& columns,
                    const TableOptions& options = {}) const {
    try {
      read_table(write(name, text), columns, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  io::TestDirectory directory_;
};

TEST_F(TableTest, ReadsColumnsByName) {
  EXPECT_EQ(rows("a.csv", "id,text,label\n1,one,x\n2,,y\n", {"label", "text"}),
            (Rows{{"x", "one"}, {"y", ""}}));
  EXPECT_EQ(rows("a.tsv", "id\ttext\n1\ta, \"b\n", {"text"}), (Rows{{"a, \"b"}}));
  EXPECT_EQ(rows("a.csv", "text;label\na,b;0\n", {"label", "text"}, {.separator = ';'}),
            (Rows{{"0", "a,b"}}));
}

TEST_F(TableTest, ReadsQuotationAsRfc4180) {
  const std::string text =
      "\xEF\xBB\xBF\"te\"\"xt\",label\r\n"
      "\"a, b\",1\r\n"
      "\"two\nlines\r\n\r\nand four\",2\r\n"
      "\"\",\"\"\"\"\r\n"
      "\r\n"
      "5\" disk,\"\"\"x\"\"\"";
  const Table table = read_table(write("a.csv", text), {"te\"xt", "label"});
  EXPECT_EQ(rows_of(table),
            (Rows{{"a, b", "1"}, {"two\nlines\r\n\r\nand four", "2"}, {"", "\""}, {"5\" disk", "\"x\""}}));
  EXPECT_EQ(table.line(0), 2);
  EXPECT_EQ(table.line(1), 3);
  EXPECT_EQ(table.line(2), 7);
  EXPECT_EQ(table.line(3), 9);
  EXPECT_THAT(table.where(3), HasSubstr("a.csv: line 9"));
  // Tabs between quoted fields are what "TSV" of many spreadsheets is.
  EXPECT_EQ(rows("b.tsv", "a\tb\n\"x\ty\"\tz\n", {"a"}, {.format = TableFormat::csv, .separator = '\t'}),
            (Rows{{"x\ty"}}));
}

TEST_F(TableTest, ReadsFilesWithoutHeader) {
  EXPECT_EQ(
      rows("dev.tsv", "one long string\t0\nk 19\t1\n", {"label"}, {.column_names = {"sentence", "label"}}),
      (Rows{{"0"}, {"1"}}));
  EXPECT_THAT(error("cola.tsv", "gj04\t1\n", {"label"}),
              AllOf(HasSubstr("\"gj04\", \"1\""), HasSubstr("no header")));
  EXPECT_THAT(error("cola.tsv", "gj04\t1\t\tx\n", {"label"}, {.column_names = {"sentence", "label"}}),
              AllOf(HasSubstr("line 1 has 4 columns"), HasSubstr("list of their names")));
}

TEST_F(TableTest, ReadsJsonLines) {
  const std::string text =
      "{\"text\": \"a\\n\\u00e9\\ud83d\\ude42\", \"label\": 1, \"other\": [null, {}]}\n"
      "\n"
      "{\"label\": true, \"other\": null, \"text\": \"b\"}\r\n"
      "{\"label\": -2.5, \"text\": \"\"}\n"
      "{\"label\": 18446744073709551615, \"text\": \"1.0\"}";
  const Table table = read_table(write("a.jsonl", text), {"label", "text"});
  EXPECT_EQ(rows_of(table),
            (Rows{{"1", "a\né🙂"}, {"true", "b"}, {"-2.5", ""}, {"18446744073709551615", "1.0"}}));
  EXPECT_EQ(table.line(1), 3);
}

TEST_F(TableTest, ReadsGzip) {
  std::string text = "text,number\n";
  for (int i = 0; i < 50000; ++i)
    text += "\"line\n" + std::to_string(i) + "\"," + std::to_string(7 * i) + "\n";
  const auto path = directory_.path() / "a.csv.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
  gzclose(file);
  const Table table = read_table(path, {"number", "text"});
  ASSERT_EQ(table.rows(), 50000u);
  EXPECT_EQ(table.value(49999, 0), "349993");
  EXPECT_EQ(table.value(49999, 1), "line\n49999");
  EXPECT_EQ(table.line(49999), 100000);
  std::string cut = io::read_text(path);
  EXPECT_THAT(error("cut.csv.gz", cut.substr(0, cut.size() / 2), {"text"}), HasSubstr("cut off"));
}

TEST_F(TableTest, NamesMissingAndDoubledColumns) {
  EXPECT_THAT(error("a.csv", "text,label\n1,2\n", {"sentence"}),
              AllOf(HasSubstr("no column \"sentence\""), HasSubstr("\"text\", \"label\"")));
  EXPECT_THAT(error("a.csv", "text,label,text\n1,2,3\n", {"label"}),
              AllOf(HasSubstr("line 1"), HasSubstr("\"text\""), HasSubstr("two columns")));
  EXPECT_EQ(rows("a.csv", ",text,\n1,2,3\n", {"text"}), (Rows{{"2"}}));  // as spreadsheets leave them
  EXPECT_THAT(error("a.csv", ",text,\n1,2,3\n", {""}), HasSubstr("no column"));
  EXPECT_THAT(error("a.jsonl", "{\"text\": 1}\n", {"label"}),
              AllOf(HasSubstr("no column \"label\""), HasSubstr("\"text\"")));
  EXPECT_THAT(error("a.jsonl", "{\"text\": 1, \"text\": 2}\n", {"text"}), HasSubstr("two columns"));
  EXPECT_THAT(error("a.jsonl", "{\"text\": 1}\n{\"text\": 1, \"text\": 2}\n", {"text"}),
              AllOf(HasSubstr("line 2"), HasSubstr("twice")));
  EXPECT_THAT(error("a.jsonl", "{\"text\": 1}\n\n{\"label\": 1, \"txt\": 2}\n", {"text"}),
              AllOf(HasSubstr("line 3"), HasSubstr("\"label\", \"txt\"")));
}

TEST_F(TableTest, NamesTheLineOfRowsThatDoNotFit) {
  EXPECT_THAT(error("a.csv", "a,b\n1,2\n\n1,2,3\n", {"a"}),
              AllOf(HasSubstr("line 4 has 3 columns"), HasSubstr("expected 2")));
  EXPECT_THAT(error("a.tsv", "a\tb\n\"1\n2\"\t3\n", {"a"}),
              AllOf(HasSubstr("line 2 has 1 columns"), HasSubstr("as CSV separated by tabs")));
  EXPECT_THAT(error("a.csv", "a,b\n1,2\n3,\"4\n5,6\n", {"a"}),
              AllOf(HasSubstr("line 3"), HasSubstr("none closes it")));
  EXPECT_THAT(error("a.csv", "a,b\n1,\"2\" x\n", {"a"}), AllOf(HasSubstr("line 2"), HasSubstr("doubled")));
  EXPECT_THAT(error("a.csv", "a,b\n1,\xC3(\n", {"a"}), AllOf(HasSubstr("line 2, byte 2"), HasSubstr("0xC3")));
  EXPECT_THAT(error("a.csv", std::string("a,b\n1,x\0y\n", 10), {"a"}),
              AllOf(HasSubstr("line 2, byte 3"), HasSubstr("a NUL")));
  EXPECT_THAT(error("a.csv", "a,b\n1,\"\n\xFF\"\n", {"a"}), AllOf(HasSubstr("line 3"), HasSubstr("0xFF")));
  EXPECT_THAT(error("a.jsonl", "{\"a\": 1}\n{\"a\": null}\n", {"a"}),
              AllOf(HasSubstr("line 2"), HasSubstr("null")));
  EXPECT_THAT(error("a.jsonl", "{\"a\": 1}\n{\"a\": [1]}\n", {"a"}), HasSubstr("\"a\" is a list"));
  EXPECT_THAT(error("a.jsonl", "{\"a\": \"x\"}\n{\"a\": 7}\n", {"a"}),
              AllOf(HasSubstr("line 2: \"a\" is a number"), HasSubstr("line 1 is a string")));
  EXPECT_THAT(error("a.jsonl", "\n{\"a\": true}\n{\"a\": \"x\"}\n", {"a"}),
              AllOf(HasSubstr("line 3: \"a\" is a string"), HasSubstr("line 2 is none")));
  EXPECT_THAT(error("a.jsonl", "{\"a\": 1}\n{\"a\": 1\n", {"a"}),
              AllOf(HasSubstr("line 2"), HasSubstr("JSON")));
  EXPECT_THAT(error("a.jsonl", "{\"a\": NaN}\n", {"a"}), AllOf(HasSubstr("line 1"), HasSubstr("JSON")));
  EXPECT_THAT(error("a.json", "[{\"a\": 1}]\n", {"a"}), HasSubstr("a JSON object a line"));
  EXPECT_THAT(error("a.jsonl", "{\"a\": \"\xED\xA0\x80\"}\n", {"a"}), HasSubstr("invalid UTF-8"));
  EXPECT_THAT(error("a.jsonl", "{\"a\": " + std::string(100000, '['), {"a"}), HasSubstr("line 1"));
}

TEST_F(TableTest, RefusesWhatIsNoTable) {
  EXPECT_THAT(error("a.csv", "", {"a"}), HasSubstr("is empty"));
  EXPECT_THAT(error("a.csv", "a,b\n", {"a"}), HasSubstr("holds no rows"));
  EXPECT_THAT(error("a.jsonl", "\n\n", {"a"}), HasSubstr("is empty"));
  EXPECT_THAT(error("a.csv", std::string(200000, ','), {"a"}), HasSubstr("more than 100000 columns"));
  EXPECT_THAT(error("a.txt", "a\n1\n", {"a"}), HasSubstr(".csv"));
  EXPECT_THROW(read_table(write("b.txt", "a\n"), {"a"}), UsageError);
  EXPECT_THROW(read_table(write("b.tsv", "a\n"), {"a"}, {.separator = ';'}), UsageError);
  EXPECT_THROW(read_table(write("b.csv", "a\n"), {"a"}, {.separator = '"'}), UsageError);
  EXPECT_THROW(read_table(write("b.jsonl", "{}\n"), {"a"}, {.column_names = {"a"}}), UsageError);
  EXPECT_THROW(read_table(directory_.path() / "missing.csv", {"a"}), Error);
  EXPECT_THROW(read_table(directory_.path() / "", {"a"}, {.format = TableFormat::csv}), Error);
}

}  // namespace
}  // namespace attune::text
