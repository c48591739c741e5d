// attune eval for models that translate.
#pragma once

#include <string>
#include <vector>

#include "apps/attune/translator.h"

namespace attune::command {

struct TranslationEvalOptions {
  TranslatorOptions translator;
  std::vector<std::string> data;  // SOURCE TARGET, or one file with both in columns
  bool lowercase = false, json = false;
};

// Prints loss, perplexity, BLEU and chrF.
void evaluate_translation_model(const TranslationEvalOptions& options);

}  // namespace attune::command
