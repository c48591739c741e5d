// attune answer DIR [QUESTION CONTEXT]: finds the answers to questions in texts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/input/text_requests.h"
#include "apps/attune/train/question_answering_run.h"
#include "apps/attune/use/answers.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/models/text/heads.h"
#include "attune/tasks/question_answering/question_answering.h"
#include "attune/text/corpora/squad.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

struct Options {
  TextRequest request;
  tasks::WindowOptions windows;
  tasks::AnswerOptions answers;
  std::int64_t top_k = 1, max_answer_length = 30;
  double null_score_diff_threshold = 0;
};

struct Question {
  std::string_view text, context;
  std::string_view id = {};  // where the file has one
  std::string where;         // for messages
};

void check_texts(const Question& question) {
  check(!question.text.empty(), "{}: the question is empty", question.where);
  check(!question.context.empty(), "{}: the context is empty, there is nothing to find an answer in",
        question.where);
}

nlohmann::ordered_json json_of(const tasks::Answer& answer, std::string_view context) {
  const text::Offsets characters = text::character_offsets(context, {&answer.where, 1})[0];
  return {{"answer", answer.text},
          {"score", answer.probability},
          {"start", characters.begin},
          {"end", characters.end}};
}

std::string json_line(const std::vector<tasks::Answer>& best, const Question& question, std::int64_t top_k) {
  nlohmann::ordered_json line;
  if (!question.id.empty()) line["id"] = question.id;
  line.update(json_of(best.front(), question.context));
  if (top_k > 1) {
    for (const tasks::Answer& answer : best) line["answers"].push_back(json_of(answer, question.context));
  }
  // Text that is no UTF-8 cannot stand in JSON.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

// An answer that spans lines is written in one.
std::string in_one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return text;
}

std::string text_line(const std::vector<tasks::Answer>& best, std::int64_t top_k) {
  if (top_k == 1) return in_one_line(best.front().text) + "\n";
  std::vector<std::string> parts;
  for (const tasks::Answer& answer : best)
    parts.push_back(fmt::format("{}\t{:.4f}", in_one_line(answer.text), answer.probability));
  return fmt::format("{}\n", fmt::join(parts, "\t"));
}

class Answerer {
 public:
  explicit Answerer(const Options& options)
      : options_(options),
        model_(load_for_use<models::QuestionAnswerer>(options.request.directory, options.request.dtype)),
        tokenizer_(text::load_tokenizer(options.request.directory)),
        windows_(options.windows.within(model_->facts().max_length)),
        answers_(options.request.out) {
    expect_vocabulary(*tokenizer_, model_->facts(), options.request.directory);
  }

  std::size_t stretch() const { return static_cast<std::size_t>(8 * options_.request.batch_size); }

  void write(std::span<const Question> questions) {
    for (std::size_t begin = 0; begin < questions.size(); begin += stretch())
      write_some(questions.subspan(begin, std::min(stretch(), questions.size() - begin)));
  }
  void finish() { answers_.finish(); }

 private:
  void write_some(std::span<const Question> questions) {
    const tasks::EncodedQuestions encoded = encode(questions);
    model_.expect(encoded.inputs());
    const auto logits =
        *tasks::span_logits(*model_, encoded.inputs(), options_.request.batch_size, model_.how());
    check_scores(logits.start | std::views::join, options_.request.directory);
    check_scores(logits.end | std::views::join, options_.request.directory);
    std::string lines;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const std::string_view context = questions[i].context;
      auto best =
          tasks::distinct_answers(tasks::predict_answer(encoded, i, context, logits, options_.answers));
      if (best.empty()) best.emplace_back();  // a context of which the tokenizer makes nothing
      best.resize(std::min(best.size(), static_cast<std::size_t>(options_.top_k)));
      lines += options_.request.json ? json_line(best, questions[i], options_.top_k)
                                     : text_line(best, options_.top_k);
    }
    answers_.write(lines);
  }

  tasks::EncodedQuestions encode(std::span<const Question> questions) const {
    tasks::EncodedQuestions encoded;
    for (const Question& question : questions) {
      check_texts(question);
      try {
        encoded.append(*tokenizer_, question.text, question.context, windows_);
      } catch (const Error& error) {
        fail("{}: {}", question.where, error.what());
      }
    }
    return encoded;
  }

  const Options& options_;
  UsedModel<models::QuestionAnswerer> model_;
  std::unique_ptr<text::Tokenizer> tokenizer_;
  tasks::WindowOptions windows_;
  Answers answers_;
};

void answer_squad(const Options& options, Answerer& answerer) {
  const std::string& path = options.request.input;
  const text::SquadData data = text::read_squad(path);
  std::vector<Question> questions;
  for (const text::SquadQuestion& question : data.questions) {
    questions.push_back({.text = question.text,
                         .context = data.context_of(question),
                         .id = question.id,
                         .where = fmt::format("{}: question {}", path, question.id)});
  }
  answerer.write(questions);
}

// Where the n-th of the requested texts, counted from 1, came from.
std::string place_of(const TextRequest& request, std::size_t n) {
  if (!request.texts.empty()) return "the command line";
  if (request.input.empty()) return fmt::format("standard input: line {}", n);
  return fmt::format("{}: {} {}", request.input, text::is_table_name(request.input) ? "row" : "line", n);
}

void answer_texts(const Options& options, Answerer& answerer) {
  std::size_t count = 0;
  for_each_stretch(options.request, answerer.stretch(), [&](std::span<const RequestedText> texts) {
    std::vector<Question> questions;
    for (const auto& [question, context] : texts) {
      std::string where = place_of(options.request, ++count);
      check(context.has_value(), "{}: expected a question, a tab and its context, there is no tab", where);
      questions.push_back({.text = question, .context = *context, .where = std::move(where)});
    }
    answerer.write(questions);
  });
}

// QUESTION CONTEXT are a text and the second of its pair.
void take_arguments(TextRequest& request) {
  if (request.texts.empty()) return;
  if (request.texts.size() == 2 && request.pair.empty()) {
    request.pair = request.texts[1];
    request.texts.pop_back();
    check(!request.pair.empty(), "CONTEXT is empty, there is nothing to find an answer in");
  }
  if (request.texts.size() != 1 || request.pair.empty())
    fail_usage("there are {} texts, expected QUESTION CONTEXT, each in quotes", request.texts.size());
}

void run(Options options) {
  take_arguments(options.request);
  validate(options.request);
  validate(options.windows);
  if (options.request.columns.text.size() != 2)
    fail_usage("--text is {}, expected two columns: the question's and the context's",
               fmt::join(options.request.columns.text, " "));
  if (options.top_k < 1) fail_usage("--top-k is {}, expected at least 1", options.top_k);
  expect_positive("--max-answer-length", options.max_answer_length);
  if (!std::isfinite(options.null_score_diff_threshold))
    fail_usage("--null-score-diff-threshold is {}, expected a number", options.null_score_diff_threshold);
  options.answers.n_best = static_cast<std::size_t>(std::max<std::int64_t>(20, options.top_k));
  options.answers.max_answer_length = static_cast<std::size_t>(options.max_answer_length);
  options.answers.null_score_diff_threshold = static_cast<float>(options.null_score_diff_threshold);
  Answerer answerer(options);
  if (!options.request.input.empty() && text::is_squad_file(options.request.input)) {
    answer_squad(options, answerer);
  } else {
    answer_texts(options, answerer);
  }
  answerer.finish();
}

}  // namespace

void add_answer(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  o.request.columns.text = {"question", "context"};
  CLI::App& verb =
      *program.app.add_subcommand("answer", "Find the answers to questions in texts with a model");
  add_request_flags(verb, o.request, "answer");
  verb.get_option("texts")->description(
      "QUESTION CONTEXT, each in quotes (default: standard input, a question, a tab and its context a line)");
  verb.get_option("--input")->description(
      "Questions: JSON as SQuAD's (.json), a table (.csv, .tsv, .jsonl), or lines with a tab; also .gz");
  verb.get_option("--text")->description("Columns of a table with the question and the context");
  add_window_flags(verb, o.windows);
  add_value(verb, "Answers", "--max-answer-length", o.max_answer_length, "Most tokens of an answer");
  verb.add_flag("--handle-impossible-answer", o.answers.may_be_impossible,
                "Give no answer where that is likelier, as a model of SQuAD v2.0 has learned")
      ->group("Answers");
  add_value(verb, "Answers", "--null-score-diff-threshold", o.null_score_diff_threshold,
            "None is given where its score is better by more than that");
  add_value(verb, "Output", "--top-k", o.top_k, "Answers a question, the likeliest first");
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
