#include "apps/attune/input/classification_data.h"

#include "apps/attune/train/encoder_run.h"
#include "attune/base/error.h"
#include "attune/tasks/classification/class_weights.h"
#include "attune/tasks/classification/label_map.h"
#include "attune/tasks/classification/label_sets.h"

namespace attune::command {
namespace {

using models::ProblemType;
using models::TextLabels;

std::size_t label_column(const ClassificationRun& run) { return run.columns.label_column(); }

std::vector<std::string> names_in(const ClassificationRun& run, const std::vector<text::Table>& tables) {
  auto found = run.multi_label ? tasks::distinct_set_labels(tables, label_column(run), run.label_separator)
                               : tasks::distinct_labels(tables, label_column(run));
  check(!found.empty(), "no text of the training data has a label: there is nothing to learn");
  return tasks::LabelMap::of_labels(std::move(found)).names();
}

void append_targets(const ClassificationRun& run, const text::Table& table, const tasks::LabelMap& labels,
                    tasks::LabelledTexts& texts) {
  const auto append = [](auto& all, auto&& more) { all.insert(all.end(), more.begin(), more.end()); };
  if (run.regression) return append(texts.values, tasks::regression_targets(table, label_column(run)));
  if (!run.label_columns.empty())
    return append(texts.sets, tasks::label_columns(table, label_column(run), run.label_columns.size()));
  if (run.multi_label)
    return append(texts.sets, tasks::label_sets(table, label_column(run), run.label_separator, labels));
  append(texts.labels, tasks::label_ids(table, label_column(run), labels));
}

}  // namespace

void validate_labels(const ClassificationRun& run) {
  if (run.regression) return;
  const bool several = run.multi_label || !run.label_columns.empty();
  if (several && !run.class_weights.empty())
    fail_usage("--class-weights is for texts of one label, not for several at once");
  if (run.label_separator.empty()) fail_usage("--label-separator is empty: what divides the labels?");
  if (run.label_columns.size() == 1)
    fail_usage("--label-columns has one column, \"{}\": expected one for each label, two or more",
               run.label_columns.front());
}

std::vector<text::Table> read_tables(const ClassificationRun& run, const std::vector<std::string>& paths) {
  std::vector<text::Table> tables;
  for (const std::string& path : paths) {
    tables.push_back(run.label_columns.empty() ? read_texts(path, run.columns, /*with_label=*/true)
                                               : read_texts_with(path, run.columns, run.label_columns));
  }
  return tables;
}

TextLabels labels_of(const ClassificationRun& run, const std::vector<text::Table>& tables) {
  if (run.regression) return {.names = {"LABEL_0"}, .stated_type = ProblemType::regression};
  const bool several = run.multi_label || !run.label_columns.empty();
  TextLabels labels{.names = run.label_columns.empty() ? names_in(run, tables) : run.label_columns,
                    .stated_type = several ? ProblemType::multi_label_classification
                                           : ProblemType::single_label_classification};
  check(several || labels.count() > 1,
        "every text of the training data has the label \"{}\": there is nothing to learn",
        labels.names.front());
  if (!run.label_columns.empty()) return labels;  // in the order of the columns
  labels.names = stored_labels_or(std::move(labels.names), run.encoder);
  return labels;
}

tasks::LabelledTexts encode(const ClassificationRun& run, const std::vector<text::Table>& tables,
                            const text::Tokenizer& tokenizer, const models::SequenceClassifier& model) {
  const bool pairs = run.columns.pairs();
  const std::int64_t length = input_length(run.max_length, pairs, tokenizer, model.facts());
  const tasks::LabelMap labels(model.labels().names);
  tasks::LabelledTexts texts;
  for (const text::Table& table : tables) {
    const auto inputs = tasks::encode_inputs(tokenizer, table, pairs, length, model.facts().input_format);
    texts.inputs.insert(texts.inputs.end(), inputs.begin(), inputs.end());
    append_targets(run, table, labels, texts);
  }
  return texts;
}

std::vector<double> class_weights_of(const ClassificationRun& run, const TextLabels& labels,
                                     const tasks::LabelledTexts& texts) {
  if (run.class_weights.empty()) return {};
  if (run.class_weights == "balanced") return tasks::balanced_class_weights(texts.labels, labels.count());
  return tasks::parse_class_weights(run.class_weights, tasks::LabelMap(labels.names));
}

}  // namespace attune::command
