// attune choose DIR: which of some answers a model of multiple choice takes; of the command line or of the
// rows of a table.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/attune/command.h"
#include "apps/attune/input/choice_columns.h"
#include "apps/attune/use/answers.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/text/tokenizer.h"

namespace attune::command {
namespace {

struct Options {
  std::string directory, input, out, dtype = "float32";
  ChoiceColumns choice;  // columns of the input, or the texts themselves
  std::int64_t batch_size = 16;
  bool json = false;
};

std::vector<tasks::ChoiceQuestion> questions_of(const Options& options) {
  if (!options.input.empty()) return read_questions(options.input, options.choice).questions;
  const auto& [context, question, choices, label, names] = options.choice;
  return {context.empty() ? tasks::ChoiceQuestion{question, "", choices}
                          : tasks::ChoiceQuestion{context, question, choices}};
}

std::string line_of(std::span<const float> scores, const tasks::ChoiceQuestion& question, bool json) {
  const float largest = *std::ranges::max_element(scores);
  std::vector<double> shares;
  double sum = 0;
  for (const float score : scores) sum += shares.emplace_back(std::exp(static_cast<double>(score - largest)));
  const auto best = static_cast<std::size_t>(std::ranges::max_element(shares) - shares.begin());
  for (double& share : shares) share /= sum;
  if (!json) return fmt::format("{}\t{:.4f}\n", question.choices[best], shares[best]);
  const nlohmann::ordered_json line = {
      {"choice", question.choices[best]}, {"index", best}, {"scores", shares}};
  return line.dump() + "\n";
}

void run(const Options& options) {
  options.choice.validate();
  if (options.batch_size < 1) fail_usage("--batch-size is {}, expected at least 1", options.batch_size);
  const auto questions = questions_of(options);
  auto model = load_for_use<models::MultipleChoiceModel>(options.directory, options.dtype);
  const auto tokenizer = text::load_tokenizer(options.directory);
  tasks::ChoiceInputs inputs{.choices = options.choice.choices.size()};
  for (const tasks::ChoiceQuestion& question : questions) {
    for (auto& input : tasks::encode_choices(*tokenizer, question, model->facts().max_length, model->facts()))
      inputs.inputs.push_back(std::move(input));
  }
  model.expect(inputs.inputs);
  const auto scores = *tasks::choice_scores(*model, inputs, options.batch_size, model.how());
  check_scores(scores, options.directory);
  Answers answers(options.out);
  std::string lines;
  for (std::size_t i = 0; i < questions.size(); ++i)
    lines +=
        line_of(std::span(scores).subspan(i * inputs.choices, inputs.choices), questions[i], options.json);
  answers.write(lines);
  answers.finish();
}

}  // namespace

void add_choose(Program& program) {
  auto options = std::make_shared<Options>();
  auto& o = *options;
  CLI::App& verb = *program.app.add_subcommand(
      "choose", "Choose the answer of a question with a model of multiple choice");
  verb.add_option("directory", o.directory, "Model directory")->required();
  add_choice_flags(verb, o.choice, "Text, or with --input the column with");
  verb.add_option("--input", o.input, "Table with a question a row: .csv, .tsv, .jsonl, also .gz")
      ->group("Data");
  verb.add_option("--out", o.out, "File to write instead of standard output")->group("Output");
  verb.add_flag("--json", o.json, "Write a JSON line a question, with the scores of all choices")
      ->group("Output");
  add_value(verb, "Machine", "--batch-size", o.batch_size, "Questions at once");
  add_value(verb, "Machine", "--dtype", o.dtype, "Type of the weights: float32 or bfloat16");
  add_threads(verb);
  verb.callback([options] { run(*options); });
}

}  // namespace attune::command
