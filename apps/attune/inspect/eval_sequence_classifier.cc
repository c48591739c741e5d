// attune eval of models that label texts, or give them a number.
#include "apps/attune/input/classification_data.h"
#include "apps/attune/inspect/eval.h"
#include "apps/attune/train/encoder_run.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"

namespace attune::command {
namespace {

using models::ProblemType;

// --label-columns may stand in any order; targets stand in that of the model's labels.
void take_label_columns(ClassificationRun& run, const models::TextLabels& labels,
                        const std::string& directory) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  for (const std::string& column : run.label_columns) {
    if (!has(labels.names, column))
      fail_usage("--label-columns: {} has no label \"{}\", its labels are {}", directory, column,
                 fmt::join(labels.names, ", "));
  }
  for (const std::string& name : labels.names) {
    if (!has(run.label_columns, name))
      fail_usage("--label-columns: the column of the label \"{}\" is missing", name);
  }
  run.label_columns = labels.names;
}

// The run that would have trained such a model.
ClassificationRun run_of(const EvalOptions& options, const models::TextLabels& labels) {
  ClassificationRun run = options.classification;
  const ProblemType type = labels.problem_type();
  run.regression = type == ProblemType::regression;
  const bool several = type == ProblemType::multi_label_classification;
  if (!several && (run.multi_label || !run.label_columns.empty()))
    fail_usage("{} is for models that give a text several labels at once; {} is a {}",
               run.multi_label ? "--multi-label" : "--label-columns", options.directory, name_of(type));
  check(!run.regression || labels.count() == 1, "{} gives {} numbers a text, expected one to compare",
        options.directory, labels.count());
  if (!run.label_columns.empty()) take_label_columns(run, labels, options.directory);
  run.multi_label = several && run.label_columns.empty();
  validate_labels(run);
  return run;
}

}  // namespace

void evaluate_sequence_classifier(const EvalOptions& options) {
  auto model = load_for_use<models::SequenceClassifier>(options.directory, options.dtype);
  const auto tokenizer = text::load_tokenizer(options.directory);
  expect_vocabulary(*tokenizer, model->facts(), options.directory);
  const ClassificationRun run = run_of(options, model->labels());
  const tasks::LabelledTexts texts = encode(run, read_tables(run, options.data), *tokenizer, *model);
  check(!texts.inputs.empty(), "{} has no rows, expected texts", options.data.front());
  model.expect(texts.inputs);
  const auto scores = *tasks::classification_scores(*model, texts.inputs,
                                                    options.batch_size.value_or(run.batch_size), model.how());
  print_evaluation(tasks::evaluate_scores(scores, texts), "texts", std::ssize(texts.inputs), options.json);
}

}  // namespace attune::command
