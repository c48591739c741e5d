// Texts as vectors from the command line, on a tiny sentence encoder.
#include <gmock/gmock.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/command.h"
#include "tests/models/npy.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Embed : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    fs::copy(fs::path(ATTUNE_GOLDENS) / "sentence_embeddings", path("models"), fs::copy_options::recursive);
    expected_ = read_npy(path("models/mean/vectors.npy"));
  }

  std::vector<std::string> lines_of(const std::string& text) const {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  void expect_vector(std::size_t text, const std::vector<float>& got) const {
    ASSERT_EQ(got.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(got[i], expected_.values[8 * text + i], 2e-6) << text;
  }
  void expect_refused(const std::string& arguments, int exit_code, const std::string& part) const {
    const Outcome outcome = attune(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part)) << arguments;
    EXPECT_FALSE(exists("v.npy")) << arguments;
  }

  NpyFile expected_;
};

TEST_F(Embed, WritesWhatNumpyReads) {
  const Outcome outcome = attune("embed models/mean --input models/texts.txt --out v.npy");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const NpyFile got = read_npy(path("v.npy"));
  EXPECT_EQ(got.header, expected_.header);
  ASSERT_EQ(got.values.size(), expected_.values.size());
  for (std::size_t i = 0; i < got.values.size(); ++i) EXPECT_NEAR(got.values[i], expected_.values[i], 2e-6);
  EXPECT_EQ(attune("embed models/mean --out none.npy", "").exit_code, 0);
  EXPECT_THAT(read_npy(path("none.npy")).header, HasSubstr("'shape': (0, 8)"));
}

TEST_F(Embed, WritesLinesInTheOrderOfTheTexts) {
  const Outcome plain = attune("embed models/mean --batch-size 3", read("models/texts.txt"));
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  const auto lines = lines_of(plain.out);
  ASSERT_EQ(lines.size(), 8U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::istringstream in(lines[i]);
    expect_vector(i, {std::istream_iterator<float>(in), std::istream_iterator<float>()});
  }
  EXPECT_EQ(attune("embed models/mean --input models/texts.txt --out v.jsonl").exit_code, 0);
  const auto written = lines_of(read("v.jsonl"));
  EXPECT_EQ(attune("embed models/mean --json", read("models/texts.txt")).out, read("v.jsonl"));
  for (std::size_t i = 0; i < written.size(); ++i)
    expect_vector(i, nlohmann::json::parse(written[i])["embedding"].get<std::vector<float>>());
  EXPECT_EQ(nlohmann::json::parse(written[5])["text"], "good\tfilm") << "a tab is part of a text";
  write("table.csv", "id,title\n1,a good film\n2,\n");
  for (const char* from : {"'a good film' ''", "--input table.csv --text title"}) {
    const auto two = lines_of(attune("embed models/mean --json " + std::string(from)).out);
    ASSERT_EQ(two.size(), 2U) << from;
    for (std::size_t i = 0; i < 2; ++i)
      expect_vector(i, nlohmann::json::parse(two[i])["embedding"].get<std::vector<float>>());
  }
}

TEST_F(Embed, RanksTheTextsByAQuery) {
  const std::string rank = "embed models/mean --rank 'bad' --input models/texts.txt";
  const auto ranked = lines_of(attune(rank + " --top-k 3").out);
  ASSERT_EQ(ranked.size(), 3U);
  EXPECT_EQ(ranked[0], "1.0000\tbad");
  EXPECT_GE(std::stod(ranked[1]), std::stod(ranked[2]));
  const auto all = lines_of(attune(rank + " --json").out);
  ASSERT_EQ(all.size(), 8U);
  const auto first = nlohmann::json::parse(all[0]);
  EXPECT_EQ(first["index"], 7);
  EXPECT_NEAR(first["similarity"], 1, 1e-6);
}

TEST_F(Embed, PutsPromptsBeforeTexts) {
  const std::string by_name = attune("embed models/legacy film --prompt-name query").out;
  EXPECT_EQ(attune("embed models/legacy film --prompt 'query: '").out, by_name);
  EXPECT_NE(attune("embed models/legacy film").out, by_name);
  expect_refused("embed models/legacy film --prompt-name title", 2, "expected one of passage, query");
  expect_refused("embed models/legacy film --prompt-name query --prompt x", 2, "exclude one another");
}

TEST_F(Embed, RefusesWhatMakesNoSense) {
  expect_refused("embed models/none film", 1, "models/none is not a model directory");
  expect_refused("embed models/mean film --top-k 0", 2, "--top-k");
  expect_refused("embed models/mean film --rank film --out v.npy", 2, "--rank");
  expect_refused("embed models/mean film --json --out v.npy", 2, "--json");
  expect_refused("embed models/mean --input none.txt --out v.npy", 1, "none.txt");
  expect_refused("embed models/mean --input models/texts.txt --text a b --out v.npy", 2, "two columns");
  expect_refused("embed models/mean film --out none/v.npy", 1, "none/v.npy");
  expect_refused("embed models/mean film --pair film", 2, "--pair");
  fs::remove(path("models/mean/model.safetensors"));
  write("models/mean/pytorch_model.bin", "PK");
  expect_refused("embed models/mean film --out v.npy", 1, "pytorch_model.bin");
}

}  // namespace
}  // namespace attune::testing
