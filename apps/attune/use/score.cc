// attune score DIR: how likely a model finds given answers to a prompt; of a table with labels, how often the
// likeliest is right.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/use/answers.h"
#include "apps/attune/use/model_options.h"
#include "apps/attune/use/score_requests.h"
#include "attune/base/error.h"
#include "attune/io/message.h"
#include "attune/models/config_fields.h"
#include "attune/tasks/scoring/answer_scores.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

struct Options {
  std::string directory, dtype = "float32", out, normalize = "token";
  ScoreData data;
  std::int64_t batch_size = 8;
  bool json = false;
};

// A model of either kind, and its scorer.
struct Scorer {
  std::unique_ptr<models::CausalLanguageModel> causal;
  std::unique_ptr<models::SequenceToSequenceModel> sequence;
  std::unique_ptr<text::Tokenizer> tokenizer;
  std::unique_ptr<tasks::AnswerScorer> scorer;

  Scorer(const std::string& directory, const models::LoadOptions& how) {
    check(std::filesystem::is_directory(directory), "{} is not a model directory", directory);
    if (models::read_model_type(directory) == "t5") {
      sequence = models::load_sequence_to_sequence_model(directory, how);
      tokenizer = text::load_tokenizer(directory);
      scorer = tasks::make_answer_scorer(*sequence, *tokenizer);
    } else {
      causal = models::load_causal_language_model(directory, how);
      tokenizer = text::load_tokenizer(directory);
      scorer = tasks::make_answer_scorer(*causal, *tokenizer);
    }
  }
};

std::string lines_of(const tasks::PromptAndAnswers& request, const std::vector<tasks::AnswerScore>& scores,
                     std::optional<std::size_t> label, tasks::AnswerNormalization by,
                     const Options& options) {
  const auto order = tasks::ranked(scores, by);
  if (options.json) {
    nlohmann::ordered_json line = {{"best", request.answers[order.front()]},
                                   {"answers", nlohmann::ordered_json::array()}};
    if (label) line["label"] = request.answers[*label];
    for (const std::size_t i : order) {
      line["answers"].push_back({{"answer", request.answers[i]},
                                 {"log_likelihood", scores[i].log_likelihood},
                                 {"per_token", normalized(scores[i], tasks::AnswerNormalization::token)},
                                 {"per_byte", normalized(scores[i], tasks::AnswerNormalization::byte)},
                                 {"tokens", scores[i].tokens}});
    }
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  // Of a prompt all answers, a line each; of a table the best of each row.
  if (!options.data.input.empty())
    return fmt::format("{}\t{:.4f}\n", request.answers[order.front()], normalized(scores[order.front()], by));
  std::string lines;
  for (const std::size_t i : order)
    lines += fmt::format("{}\t{:.4f}\n", request.answers[i], normalized(scores[i], by));
  return lines;
}

// How many rows the likeliest answer is right in, beside what drawing lots would give.
struct Accuracy {
  std::size_t rows = 0, right = 0;
  double chance = 0;  // summed

  void count(const std::vector<tasks::AnswerScore>& scores, std::size_t label,
             tasks::AnswerNormalization by) {
    ++rows;
    right += tasks::ranked(scores, by).front() == label ? 1 : 0;
    chance += 1 / static_cast<double>(scores.size());
  }

  std::string text(bool json) const {
    const auto n = static_cast<double>(rows);
    const double share = static_cast<double>(right) / n, error = std::sqrt(share * (1 - share) / n);
    if (json)
      return nlohmann::ordered_json{
                 {"accuracy", share}, {"standard_error", error}, {"chance", chance / n}, {"rows", rows}}
                 .dump() +
             "\n";
    return fmt::format(
        "accuracy        {:.4f}\nstandard error  {:.4f}\nchance          {:.4f}\nrows            {}\n", share,
        error, chance / n, rows);
  }
};

void run(const Options& options) {
  const auto by = tasks::parse_answer_normalization(options.normalize);
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  const ScoreRequests requests = read_score_requests(options.data);
  const Scorer model(options.directory, {.type = loaded_type(options.dtype)});
  const bool evaluates = !requests.labels.empty();
  std::optional<Answers> answers;
  if (!evaluates || !options.out.empty()) answers.emplace(options.out);
  Accuracy accuracy;
  const auto stretch = static_cast<std::size_t>(8 * options.batch_size);
  for (std::size_t first = 0; first < requests.prompts.size(); first += stretch) {
    const auto some =
        std::span(requests.prompts).subspan(first, std::min(stretch, requests.prompts.size() - first));
    const auto scores = model.scorer->score(some, options.batch_size);
    std::string lines;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto label = evaluates ? std::optional(requests.labels[first + i]) : std::nullopt;
      if (label) accuracy.count(scores[i], *label, by);
      lines += lines_of(some[i], scores[i], label, by, options);
    }
    if (answers) answers->write(lines);
  }
  if (answers) answers->finish();
  if (model.scorer->cut_prompts() > 0)
    io::print_message(stderr,
                      "{} of {} prompts were longer than the model sees: their beginnings were cut off\n",
                      model.scorer->cut_prompts(), requests.prompts.size());
  if (evaluates) fmt::print("{}", accuracy.text(options.json));
}

}  // namespace

void add_score(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb = *program.app.add_subcommand(
      "score", "Rank given answers to a prompt by how likely a GPT, GPT-2 or T5 finds them");
  verb.add_option("directory", o.directory, "Model directory")->required();
  add_score_flags(verb, o.data);
  add_value(verb, "Output", "--normalize", o.normalize,
            "Rank by the log-likelihood a token, a byte, or all of it: token, byte or none");
  verb.add_option(
          "--out", o.out,
          "File for the answers, instead of standard output; with --label they are written only there")
      ->group("Output");
  verb.add_flag("--json", o.json, "Write a JSON line a prompt, with all answers and their log-likelihoods")
      ->group("Output");
  add_value(verb, "Machine", "--batch-size", o.batch_size, "Prompts at once");
  add_value(verb, "Machine", "--dtype", o.dtype, "Type of the weights: float32 or bfloat16");
  add_threads(verb);
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
