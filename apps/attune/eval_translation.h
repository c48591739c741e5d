// attune eval for models that translate.
#pragma once

#include <string>
#include <vector>

#include "apps/attune/pair_table.h"
#include "apps/attune/translator.h"

namespace attune::command {

struct TranslationEvalOptions {
  TranslatorOptions translator;
  std::vector<std::string> data;  // SOURCE TARGET, one file with both in columns, or tables
  PairColumns columns;            // of tables
  bool tables = false;            // `data` are tables for sure; else where their names or first lines say so
  bool lowercase = false, json = false;
};

// Prints loss, perplexity, exact match, BLEU and chrF.
void evaluate_translation_model(const TranslationEvalOptions& options);

}  // namespace attune::command
