#include "attune/text/corpora/squad.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/io/test_directory.h"

namespace attune::text {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SquadTest : public ::testing::Test {
 protected:
  SquadData read(const json& file) const { return read_text(file.dump()); }
  SquadData read_text(const std::string& text) const {
    io::write_text_atomically(path_, text);
    return read_squad(path_);
  }
  std::string error(const json& file) const { return error_of_text(file.dump()); }
  std::string error_of_text(const std::string& text) const {
    try {
      read_text(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  // A file with one paragraph.
  static json file(const std::string& context, const json& questions) {
    return {{"version", "1.1"},
            {"data", {{{"title", "T"}, {"paragraphs", {{{"context", context}, {"qas", questions}}}}}}}};
  }
  static json question(const json& answers) {
    return {{"id", "q1"}, {"question", "Where?"}, {"answers", answers}};
  }
  static json answer(const std::string& text, const json& start) {
    return json::array({{{"text", text}, {"answer_start", start}}});
  }

  io::TestDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "a.json";
};

TEST_F(SquadTest, CountsCharactersNotBytes) {
  const SquadData data = read(file("Élan 🙂 in Wien", json::array({question(answer("Wien", 10))})));
  ASSERT_EQ(data.questions.size(), 1u);
  const SquadQuestion& question = data.questions[0];
  EXPECT_EQ(question.id, "q1");
  EXPECT_EQ(question.text, "Where?");
  EXPECT_EQ(question.answers[0].begin, 14u);
  EXPECT_EQ(data.context_of(question).substr(question.answers[0].begin), "Wien");
  EXPECT_EQ(question.answers[0].end(), data.contexts[0].size());
  EXPECT_THAT(data.titles, ElementsAre("T"));
  EXPECT_FALSE(data.has_impossible());
}

TEST_F(SquadTest, ReadsSecondVersionAndFilesWithoutAnswers) {
  json impossible = question(json::array());
  impossible["is_impossible"] = true;
  impossible["plausible_answers"] = answer("no", 99);
  json open = {{"id", "q2"}, {"question", "?"}};
  const SquadData data = read(file("a b", json::array({impossible, open})));
  EXPECT_TRUE(data.has_impossible());
  EXPECT_TRUE(data.questions[0].is_impossible);
  EXPECT_FALSE(data.questions[1].is_impossible);
  EXPECT_TRUE(data.questions[0].answers.empty() && data.questions[1].answers.empty());
}

TEST_F(SquadTest, NamesTheQuestionOfAnAnswerThatIsElsewhere) {
  const auto error_at = [&](const std::string& text, const json& start) {
    return error(file("Élan in Wien", json::array({question(answer(text, start))})));
  };
  EXPECT_THAT(error_at("Wien", 9),
              AllOf(HasSubstr("a.json: question q1"), HasSubstr("\"Wien\""), HasSubstr("9")));
  EXPECT_THAT(error_at("Wien!", 8), HasSubstr("\"Wien\" stands"));
  EXPECT_THAT(error_at("Wien", 12), HasSubstr("expected 0 to 11"));
  EXPECT_THAT(error_at("Wien", -1), HasSubstr("-1"));
  EXPECT_THAT(error_at("Wien", 8.5), AllOf(HasSubstr("answer_start"), HasSubstr("whole number")));
  EXPECT_THAT(error_at("", 0), HasSubstr("empty"));
  EXPECT_EQ(error_at("Wien", 8), "no error");
}

TEST_F(SquadTest, NamesWhatIsMissingOrTwice) {
  EXPECT_THAT(error_of_text("{"), AllOf(HasSubstr("a.json"), HasSubstr("JSON")));
  EXPECT_THAT(error_of_text("[]"), HasSubstr("paragraphs"));
  EXPECT_THAT(error({{"data", 1}}), AllOf(HasSubstr("\"data\""), HasSubstr("another type")));
  EXPECT_THAT(error({{"data", json::array()}}), HasSubstr("no questions"));
  EXPECT_THAT(error({{"data", {{{"title", "x"}}}}}),
              AllOf(HasSubstr("article 1"), HasSubstr("\"paragraphs\"")));
  EXPECT_THAT(error(file("", json::array({question(answer("a", 0))}))), HasSubstr("question q1"));
  const json one = question(answer("a", 0));
  EXPECT_THAT(error(file("a", json::array({one, one}))), AllOf(HasSubstr("q1"), HasSubstr("two questions")));
  json impossible = one;
  impossible["is_impossible"] = true;
  EXPECT_THAT(error(file("a", json::array({impossible}))), HasSubstr("impossible, and has answers"));
  json unclear = one;
  unclear["is_impossible"] = "yes";
  EXPECT_THAT(error(file("a", json::array({unclear}))), HasSubstr("true or false"));
  json nameless = one;
  nameless.erase("id");
  EXPECT_THAT(error(file("a", json::array({nameless}))), HasSubstr("\"id\" is missing"));
  EXPECT_THAT(error(file("a", json::array({1}))), HasSubstr("no object"));
}

}  // namespace
}  // namespace attune::text
