#include "apps/attune/use/score_requests.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "apps/attune/command.h"
#include "apps/attune/input/text_table.h"
#include "attune/base/error.h"
#include "attune/io/file.h"
#include "attune/tasks/scoring/prompt_template.h"
#include "attune/tasks/shuffle.h"
#include "attune/text/tables/table.h"

namespace attune::command {
namespace {

using tasks::PromptTemplate;

// What divides examples from one another and from the prompt.
constexpr const char* between_examples = "\n\n";

struct Templates {
  PromptTemplate prompt;
  std::vector<PromptTemplate> answers;

  // All fields, each once, then the label.
  std::vector<std::string> columns(const std::string& label) const {
    std::vector<std::string> names;
    const auto add = [&names](const std::string& name) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    for (const std::string& field : prompt.fields()) add(field);
    for (const PromptTemplate& answer : answers) {
      for (const std::string& field : answer.fields()) add(field);
    }
    if (!label.empty()) add(label);
    return names;
  }
};

Templates read_templates(const ScoreData& data) {
  std::string prompt = data.prompt;
  if (!data.template_file.empty()) {
    prompt = io::read_text(data.template_file);
    while (prompt.ends_with('\n') || prompt.ends_with('\r')) prompt.pop_back();
  }
  Templates templates{PromptTemplate(prompt), {}};
  for (const std::string& answer : data.answers) templates.answers.emplace_back(answer);
  return templates;
}

text::Table read_rows(const std::string& path, const ScoreData& data, const Templates& templates,
                      bool with_label) {
  const auto names = templates.columns(with_label ? data.label : "");
  if (names.empty())
    fail_usage("the prompt names no column of {}: write {{NAME}} where a row's value goes", path);
  return read_columns(path, data.columns, names);
}

tasks::PromptAndAnswers render(const Templates& templates, const text::Table& table, std::size_t row) {
  const auto value = [&](const std::string& field) {
    const auto& columns = table.columns();
    return table.value(row, static_cast<std::size_t>(std::ranges::find(columns, field) - columns.begin()));
  };
  tasks::PromptAndAnswers request{templates.prompt.render(value), {}};
  for (const PromptTemplate& answer : templates.answers) request.answers.push_back(answer.render(value));
  return request;
}

std::size_t label_of(const text::Table& table, std::size_t row, const std::string& column,
                     const std::vector<std::string>& answers) {
  const auto& columns = table.columns();
  const auto at = static_cast<std::size_t>(std::ranges::find(columns, column) - columns.begin());
  const auto label = tasks::answer_of_label(table.value(row, at), answers);
  check(label.has_value(),
        "{}: the label is \"{}\", expected an answer, its number from 0 to {}, or its letter",
        table.where(row), table.value(row, at), answers.size() - 1);
  return *label;
}

// What stands before the prompts: the first rows of the table of examples, each with its right answer; or,
// with a seed, rows drawn for each prompt anew (GPT-3: Brown et al., 2005.14165, section 2.4). A row of the
// input is no example of itself where both are one file.
class Examples {
 public:
  Examples(const ScoreData& data, const Templates& templates)
      : shots_(static_cast<std::size_t>(data.shots)), seed_(data.seed) {
    if (shots_ == 0) return;
    const text::Table table = read_rows(data.examples, data, templates, /*with_label=*/true);
    std::error_code ignored;  // no file is no other one's equal
    same_file_ = std::filesystem::equivalent(data.examples, data.input, ignored);
    const std::size_t needed = shots_ + (same_file_ ? 1 : 0);
    check(table.rows() >= needed, "{} has {} rows, expected {} or more for --shots {}{}", data.examples,
          table.rows(), needed, data.shots, same_file_ ? " of the others" : "");
    for (std::size_t row = 0; row < (seed_ ? table.rows() : needed); ++row)
      texts_.push_back(text_of(table, row, data, templates));
  }

  // Those before the prompt of this row.
  std::string before(std::size_t row) const {
    std::string text;
    const bool left_out = same_file_ && row < texts_.size();
    const std::size_t count = texts_.size() - (left_out ? 1 : 0);
    for (std::size_t i = 0; i < shots_; ++i) {
      std::size_t example = seed_ ? tasks::shuffled(i, count, *seed_, row) : i;
      if (left_out && example >= row) ++example;
      text += texts_[example];
    }
    return text;
  }

 private:
  static std::string text_of(const text::Table& table, std::size_t row, const ScoreData& data,
                             const Templates& templates) {
    const auto [prompt, answers] = render(templates, table, row);
    const std::string& answer = answers[label_of(table, row, data.label, answers)];
    const bool blank =
        prompt.empty() || prompt.ends_with(' ') || prompt.ends_with('\n') || answer.starts_with(' ');
    return prompt + (blank ? "" : " ") + answer + between_examples;
  }

  std::size_t shots_;
  std::optional<std::uint64_t> seed_;
  bool same_file_ = false;
  std::vector<std::string> texts_;
};

void validate(const ScoreData& data) {
  if (data.prompt.empty() == data.template_file.empty())
    fail_usage("give the prompt either by --prompt TEXT or by --template FILE");
  if (data.answers.empty()) fail_usage("--answers A B ... is missing: what is there to choose from?");
  if (data.input.empty() && !data.label.empty())
    fail_usage("--label is a column of the table that --input names");
  if (data.input.empty() && data.shots > 0)
    fail_usage("--examples goes with --input: both are tables of the same columns");
  if (data.shots < 0) fail_usage("--shots is {}, expected 0 or more", data.shots);
  if ((data.shots > 0) != !data.examples.empty())
    fail_usage("--examples FILE and --shots K go together: K rows of the file stand before the prompt");
  if (data.seed && data.shots == 0)
    fail_usage("--seed is for the draw of examples: give --examples FILE and --shots K");
  if (data.shots > 0 && data.label.empty())
    fail_usage("--label is missing: which column of {} has the right answer?", data.examples);
}

}  // namespace

void add_score_flags(CLI::App& verb, ScoreData& data) {
  verb.add_option("--prompt", data.prompt, "What the answers follow; {NAME} stands for a column of --input")
      ->group("Data");
  verb.add_option("--template", data.template_file, "File with the prompt")->group("Data");
  verb.add_option("--answers", data.answers,
                  "Answers to choose from, each in quotes; {NAME} as in the prompt")
      ->take_all()
      ->group("Data");
  verb.add_option("--input", data.input,
                  "Table of which each row makes a prompt: .csv, .tsv, .jsonl, also .gz")
      ->group("Data");
  verb.add_option("--label", data.label,
                  "Column with the right answer, its number from 0 or its letter: report the accuracy")
      ->group("Data");
  verb.add_option("--columns", data.columns, "Names of the columns of a file without a header: A,B,...")
      ->group("Data");
  verb.add_option("--examples", data.examples, "Table of examples with the same columns")->group("Data");
  add_value(verb, "Data", "--shots", data.shots,
            "How many of the examples stand before each prompt: the first ones, the same before all");
  verb.add_option(
          "--seed", data.seed,
          "Draw the examples anew for each prompt, at random from all of them, with this seed (as GPT-3 was "
          "evaluated; slower, as prompts then share nothing)")
      ->group("Data");
}

ScoreRequests read_score_requests(const ScoreData& data) {
  validate(data);
  const Templates templates = read_templates(data);
  ScoreRequests requests;
  if (data.input.empty()) {
    const auto fields = templates.columns("");
    if (!fields.empty())
      fail_usage("the prompt has the field {{{}}}: name the table that it is a column of by --input",
                 fields.front());
    const auto no_field = [](const std::string&) { return std::string_view(); };
    requests.prompts.push_back({templates.prompt.render(no_field), {}});
    for (const PromptTemplate& answer : templates.answers)
      requests.prompts.back().answers.push_back(answer.render(no_field));
    return requests;
  }
  const text::Table table = read_rows(data.input, data, templates, !data.label.empty());
  const Examples examples(data, templates);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    auto request = render(templates, table, row);
    if (!data.label.empty()) requests.labels.push_back(label_of(table, row, data.label, request.answers));
    request.prompt.insert(0, examples.before(row));
    requests.prompts.push_back(std::move(request));
  }
  return requests;
}

}  // namespace attune::command
