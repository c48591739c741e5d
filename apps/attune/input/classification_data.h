// The tables of a classification run as what its task takes: labels, targets, inputs, class weights.
#pragma once

#include <string>
#include <vector>

#include "apps/attune/train/classification_run.h"
#include "attune/models/text/labels.h"
#include "attune/tasks/classification/sequence_classification.h"
#include "attune/text/tables/table.h"
#include "attune/text/tokenizer.h"

namespace attune::command {

// Throws UsageError for flags about labels that make no sense together.
void validate_labels(const ClassificationRun& run);

std::vector<text::Table> read_tables(const ClassificationRun& run, const std::vector<std::string>& paths);

// The labels of the training data. A directory whose own labels cover them keeps its labels, and so its head.
models::TextLabels labels_of(const ClassificationRun& run, const std::vector<text::Table>& tables);

// Throws UsageError for a --max-length that leaves no token of the text.
tasks::LabelledTexts encode(const ClassificationRun& run, const std::vector<text::Table>& tables,
                            const text::Tokenizer& tokenizer, const models::SequenceClassifier& model);

// --class-weights, of the training data's labels; none: empty.
std::vector<double> class_weights_of(const ClassificationRun& run, const models::TextLabels& labels,
                                     const tasks::LabelledTexts& texts);

}  // namespace attune::command
