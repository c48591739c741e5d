#include "attune/models/text/labels.h"

#include <gmock/gmock.h>

#include <chrono>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::models {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TextLabelsTest : public ::testing::Test {
 protected:
  TextLabels read(const std::string& config) const {
    io::write_text_atomically(directory_.path() / "config.json", config);
    return read_text_labels(directory_.path());
  }
  std::string read_error(const std::string& config) const {
    try {
      read(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  io::TestDirectory directory_;
};

TEST_F(TextLabelsTest, AreThoseThatHuggingFaceSaved) {
  const std::filesystem::path encoders = std::filesystem::path(ATTUNE_GOLDENS) / "encoders";
  const TextLabels labels = read_text_labels(encoders / "bert/classification");
  EXPECT_THAT(labels.names, ElementsAre("no", "maybe", "yes"));
  EXPECT_EQ(labels.problem_type(), ProblemType::single_label_classification);
  EXPECT_EQ(read_text_labels(encoders / "bert/regression").problem_type(), ProblemType::regression);
  EXPECT_EQ(read_text_labels(encoders / "bert/multilabel").problem_type(),
            ProblemType::multi_label_classification);
}

TEST_F(TextLabelsTest, StandInTheConfiguration) {
  nlohmann::ordered_json config{{"model_type", "bert"}, {"num_labels", 7}};
  set_text_labels({.names = {"neg", "pos"}}, config);
  EXPECT_EQ(config.dump(),
            R"({"model_type":"bert","id2label":{"0":"neg","1":"pos"},"label2id":{"neg":0,"pos":1}})");
  EXPECT_THAT(read(config.dump()).names, ElementsAre("neg", "pos"));
  EXPECT_EQ(
      read(R"({"id2label": {"10": "k", "2": "c", "1": "b", "0": "a", "3": "d", "4": "e", "5": "f", "6": "g",
                     "7": "h", "8": "i", "9": "j"}})")
          .names[10],
      "k");
  EXPECT_THAT(read("{}").names, ElementsAre("LABEL_0", "LABEL_1"));
  EXPECT_THAT(read(R"({"id2label": null})").names, ElementsAre("LABEL_0", "LABEL_1"));
  EXPECT_EQ(read(R"({"num_labels": 3})").count(), 3);
}

TEST_F(TextLabelsTest, RefusesConfigurationsThatMapNothing) {
  EXPECT_THAT(read_error(R"({"id2label": ["a"]})"), AllOf(HasSubstr("config.json"), HasSubstr("id2label")));
  EXPECT_THAT(read_error(R"({"id2label": {}})"), HasSubstr("empty"));
  EXPECT_THAT(read_error(R"({"id2label": {"0": "a", "2": "b"}})"), HasSubstr("the id \"2\""));
  EXPECT_THAT(read_error(R"({"id2label": {"0": "a", "01": "b"}})"), HasSubstr("\"01\""));
  EXPECT_THAT(read_error(R"({"id2label": {"0": "a", "-1": "b"}})"), HasSubstr("\"-1\""));
  EXPECT_THAT(read_error(R"({"id2label": {"0": "a", "1": "a"}})"), HasSubstr("two labels"));
  EXPECT_THAT(read_error(R"({"id2label": {"0": ""}})"), HasSubstr("the name of 0 is empty"));
  EXPECT_THAT(read_error(R"({"id2label": {"0": 1}})"), HasSubstr("expected a string"));
  EXPECT_THAT(read_error(R"({"num_labels": -1})"), HasSubstr("num_labels"));
  EXPECT_THAT(read_error(R"({"num_labels": 1e9})"), HasSubstr("num_labels"));
  EXPECT_THAT(read_error(R"({"num_labels": 100000000000})"), HasSubstr("num_labels"));
  EXPECT_THAT(read_error(R"({"problem_type": "ranking"})"), HasSubstr("problem_type"));
}

TEST(SetTextLabels, DoesNotLookEachLabelUp) {
  TextLabels labels{.names = {}};
  for (int id = 0; id < 100'000; ++id) labels.names.push_back("LABEL_" + std::to_string(id));
  auto config = nlohmann::ordered_json::object();
  const auto start = std::chrono::steady_clock::now();
  set_text_labels(labels, config);
  EXPECT_EQ(config["id2label"].size(), labels.names.size());
  EXPECT_EQ(config["label2id"].back(), 99'999);
  // Looking each name up takes minutes; sanitizers and a busy machine get ten seconds.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(SetTextLabels, GivesANameThatStandsTwiceItsLastId) {
  auto config = nlohmann::ordered_json::object();
  set_text_labels({.names = {"a", "b", "a"}}, config);
  EXPECT_EQ(config["id2label"].dump(), R"({"0":"a","1":"b","2":"a"})");
  EXPECT_EQ(config["label2id"].dump(), R"({"a":2,"b":1})");
}

}  // namespace
}  // namespace attune::models
