// Fine-tuning and running models that answer questions from the command line, on a tiny BERT.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/command.h"

namespace attune::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const people[] = {"Élan", "🙂", "東"};
const char* const places[] = {"Wien", "Café", "Town"};

class QuestionAnswering : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    fs::create_directories(path("bert"));
    const fs::path goldens = ATTUNE_GOLDENS;
    for (const char* file : {"config.json", "model.safetensors"})
      fs::copy(goldens / "encoders/bert/bare" / file, path("bert") / file);
    fs::copy(goldens / "question_answering/tokenizer.json", path("bert/tokenizer.json"));
    write("bert/tokenizer_config.json",
          R"({"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"})");
    write("train.json", squad(60, /*impossible=*/false));
    write("valid.json", squad(18, /*impossible=*/false));
  }

  static std::string context(int i) {
    const std::string person = people[i % 3], place = places[i / 3 % 3];
    if (i % 2 == 0) return person + " is in the old " + place + ".";
    return "Old " + place + ": " + person + " is in the tower.";
  }
  static json answer(const std::string& context, const std::string& text) {
    std::size_t characters = 0;
    for (const char c : context.substr(0, context.find(text))) characters += (c & 0xC0) != 0x80;
    return {{{"text", text}, {"answer_start", characters}}};
  }
  // Characters [begin, end) of UTF-8.
  static std::string characters(const std::string& text, int begin, int end) {
    std::string cut;
    int at = -1;
    for (const char c : text) {
      at += (c & 0xC0) != 0x80;
      if (at >= begin && at < end) cut += c;
    }
    return cut;
  }
  // Who is somewhere, and where; of an impossible one, when.
  static std::string squad(int contexts, bool impossible) {
    json paragraphs = json::array();
    for (int i = 0; i < contexts; ++i) {
      const std::string text = context(i), n = std::to_string(i);
      json questions = {
          {{"id", "who" + n}, {"question", "Who?"}, {"answers", answer(text, people[i % 3])}},
          {{"id", "where" + n}, {"question", "Where?"}, {"answers", answer(text, places[i / 3 % 3])}}};
      if (impossible)
        questions.push_back(
            {{"id", "when" + n}, {"question", "1889?"}, {"answers", json::array()}, {"is_impossible", true}});
      paragraphs.push_back({{"context", text}, {"qas", questions}});
    }
    return json{{"version", "1.1"}, {"data", {{{"title", "Places"}, {"paragraphs", paragraphs}}}}}.dump(1);
  }

  Outcome train(const std::string& more) const {
    return attune("train question-answering --learning-rate 1e-2 --batch-size 8 " + more);
  }
};

TEST_F(QuestionAnswering, LearnsFromTheBeginning) {
  const Outcome trained = train(
      "--train train.json --valid valid.json --model distilbert --tokenizer wordpiece:80 --layers 1 --heads "
      "2 "
      "--width 32 --context 48 --dropout 0 --num-train-epochs 2 --metric-for-best-model exact_match --out "
      "run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("windows/s"));
  EXPECT_THAT(trained.err, HasSubstr("at most 48 tokens"));
  EXPECT_THAT(trained.out, HasSubstr("best validation exact_match"));
  EXPECT_EQ(json::parse(read("run/config.json"))["architectures"][0], "DistilBertForQuestionAnswering");
  EXPECT_EQ(attune("answer run Who? --pair 'Old Town: Élan is in the tower.'").exit_code, 0);
}

TEST_F(QuestionAnswering, LearnsToAnswer) {
  const Outcome trained =
      train("--train train.json --valid valid.json --model bert --num-train-epochs 15 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("120 questions on 60 contexts"));
  EXPECT_THAT(trained.err, HasSubstr("new, to be learned: span.weight, span.bias"));
  EXPECT_THAT(trained.err, HasSubstr("exact_match 100,"));
  EXPECT_THAT(trained.out, HasSubstr("attune answer run"));
  EXPECT_EQ(json::parse(read("run/config.json"))["architectures"][0], "BertForQuestionAnswering");

  EXPECT_EQ(attune("answer run Where? '🙂 is in the old Café.'").out, "Café\n");
  EXPECT_EQ(attune("answer run 'Who?' --pair '🙂 is in the old Café.'").out, "🙂\n");
  const json found = json::parse(attune("answer run --json Where? '🙂 is in the old Café.'").out);
  EXPECT_EQ(found["answer"], "Café");
  EXPECT_EQ(found["start"], 16);
  EXPECT_EQ(found["end"], 20);
  EXPECT_GT(found["score"].get<double>(), 0.5);
  EXPECT_FALSE(found.contains("id"));

  const Outcome lines =
      attune("answer run", "Who?\tÉlan is in the old Wien.\nWhere?\tÉlan is in the old Wien.\n");
  EXPECT_EQ(lines.out, "Élan\nWien\n") << lines.err;
  write("questions.tsv", "context\tquestion\n東 is in the old town.\tWho?\n");
  EXPECT_EQ(attune("answer run --input questions.tsv").out, "東\n");
  write("questions.jsonl", R"({"q": "Where?", "c": "old Café:\n東 is in the town."})"
                           "\n");
  EXPECT_EQ(attune("answer run --input questions.jsonl --text q c --out answers.txt").exit_code, 0);
  EXPECT_EQ(read("answers.txt"), "Café\n");

  const Outcome file = attune("answer run --input valid.json --json --top-k 2");
  EXPECT_EQ(std::ranges::count(file.out, '\n'), 36);
  const json first = json::parse(file.out.substr(0, file.out.find('\n')));
  EXPECT_EQ(first["id"], "who0");
  EXPECT_EQ(first["answer"], "Élan");
  EXPECT_EQ(first["answers"].size(), 2u);
  EXPECT_EQ(first["answers"][0]["answer"], "Élan");
  EXPECT_GE(first["answers"][0]["score"], first["answers"][1]["score"]);

  const std::string before = "The old tower is in the old town. The tower is old. ";
  const std::string in_windows = before + "🙂 is in the old Café.";
  const json far = json::parse(attune("answer run --json Where? '" + in_windows + "'").out);
  EXPECT_EQ(characters(in_windows, far["start"], far["end"]), far["answer"]);

  // The head goes on.
  EXPECT_THAT(train("--train train.json --model run --max-steps 1 --out again").err,
              Not(HasSubstr("new, to be learned")));
}

TEST_F(QuestionAnswering, LearnsThatThereIsNoAnswer) {
  write("train.json", squad(60, /*impossible=*/true));
  write("valid.json", squad(18, /*impossible=*/true));
  const Outcome trained =
      train("--train train.json --valid valid.json --model bert --num-train-epochs 15 --out run");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("180 questions, 60 of them without an answer, on 60 contexts"));
  EXPECT_THAT(trained.err, HasSubstr("no_answer_f1 100"));
  const std::string asked = "answer run 1889? 'Élan is in the old Wien.'";
  EXPECT_EQ(attune(asked + " --handle-impossible-answer").out, "\n");
  EXPECT_EQ(json::parse(attune(asked + " --handle-impossible-answer --json").out)["end"], 0);
  EXPECT_NE(attune(asked).out, "\n");
  EXPECT_NE(attune(asked + " --handle-impossible-answer --null-score-diff-threshold 1000").out, "\n");
}

TEST_F(QuestionAnswering, AResumedRunEndsWithTheSameBits) {
  ASSERT_EQ(train("--train train.json --model bert --max-steps 20 --save-steps 10 --out whole").exit_code, 0);
  ASSERT_EQ(train("--train train.json --model bert --max-steps 20 --save-steps 10 --out parts").exit_code, 0);
  fs::remove_all(path("parts/checkpoint-20"));
  fs::remove(path("parts/model.safetensors"));
  const Outcome resumed = attune("train question-answering --resume --out parts");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read("parts/model.safetensors"), read("whole/model.safetensors"));
}

TEST_F(QuestionAnswering, RefusesWhatCannotBeLearned) {
  json data = json::parse(squad(2, false));
  json& question = data["data"][0]["paragraphs"][1]["qas"][0];
  question["answers"][0]["answer_start"] = 1;
  write("moved.json", data.dump());
  question["answers"] = json::array();
  write("unanswered.json", data.dump());
  const std::string start = "train question-answering --out run ";
  expect_refused(start + "--train train.json", 2, {"--model is missing"});
  expect_refused(start + "--model bert", 2, {"--train FILE is missing"});
  expect_refused(start + "--model bert --train none.json", 1, {"none.json"});
  expect_refused(start + "--model bert --train bert/config.json", 1,
                 {"bert/config.json", "\"data\" is missing"});
  expect_refused(start + "--model bert --train moved.json", 1, {"moved.json: question who1", "answer_start"});
  expect_refused(start + "--model bert --train unanswered.json", 1,
                 {"unanswered.json: question who1", "no answer", "is_impossible"});
  expect_refused(start + "--model bert --train train.json --valid unanswered.json", 1,
                 {"unanswered.json: question who1"});
  expect_refused(start + "--model bert --train train.json --batch-size 0", 2, {"--batch-size is 0"});
  expect_refused(start + "--model bert --train train.json --doc-stride 384", 2, {"--doc-stride is 384"});
  expect_refused(start + "--model bert --train train.json --max-answer-length 0", 2,
                 {"--max-answer-length is 0"});
  expect_refused(start + "--model bert --train train.json --max-length 8 --doc-stride 4", 1,
                 {"train.json: question who0", "--max-length", "--doc-stride"});
}

TEST_F(QuestionAnswering, AnswerRefusesWrongUse) {
  expect_refused("answer bert Who? 'Élan is in Wien'", 1, {"qa_outputs.weight"});
  ASSERT_EQ(train("--train train.json --model bert --max-steps 1 --out tiny").exit_code, 0);
  expect_refused("answer tiny Who?", 2, {"1 texts", "QUESTION CONTEXT"});
  expect_refused("answer tiny a b c", 2, {"3 texts", "QUESTION CONTEXT"});
  expect_refused("answer tiny Who? ''", 1, {"CONTEXT is empty"});
  expect_refused("answer tiny '' Wien", 1, {"question is empty"});
  expect_refused("answer tiny Who? Wien --input valid.json", 2, {"exclude one another"});
  expect_refused("answer tiny Who? Wien --top-k 0", 2, {"--top-k is 0"});
  expect_refused("answer tiny Who? Wien --max-answer-length 0", 2, {"--max-answer-length is 0"});
  expect_refused("answer tiny --text context --input valid.csv", 2, {"--text is context", "two columns"});
  expect_refused("answer tiny", 1, {"standard input: line 2", "no tab"}, "Who?\tWien\nWien\n");
  expect_refused("answer tiny", 1, {"standard input: line 1", "context is empty"}, "Who?\t\n");
  write("half.json", squad(2, false).substr(0, 200));
  expect_refused("answer tiny --input half.json", 1, {"half.json: not valid JSON"});
  write("other.csv", "question,text\nWho?,Wien\n");
  expect_refused("answer tiny --input other.csv", 1, {"context", "text"});
}

TEST_F(QuestionAnswering, LongTextsAreReadInWindows) {
  ASSERT_EQ(train("--train train.json --model bert --max-steps 1 --out tiny").exit_code, 0);
  std::string question, context;
  for (int i = 0; i < 200; ++i) {
    question += "where ";
    context += i % 2 == 0 ? "Wien " : "🙂 ";
  }
  const Outcome outcome = attune("answer tiny --json '" + question + "' '" + context + "'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json found = json::parse(outcome.out);
  EXPECT_LE(found["end"].get<int>(), 700);
  EXPECT_EQ(attune("answer tiny '  ' '  '").exit_code, 0) << "nothing but blanks";
}

}  // namespace
}  // namespace attune::testing
