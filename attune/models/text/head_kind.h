// Which head a model directory has, by the class of Hugging Face that its config.json names
// ("architectures").
#pragma once

#include <filesystem>

namespace attune::models {

enum class HeadKind {
  none,                   // BertModel
  language_model,         // GPT2LMHeadModel
  masked_language_model,  // BertForMaskedLM
  pretraining,            // BertForPreTraining
  sequence_classifier,    // BertForSequenceClassification
  token_classifier,       // BertForTokenClassification
  question_answerer,      // BertForQuestionAnswering
  multiple_choice,        // BertForMultipleChoice, GPT2DoubleHeadsModel
};

// A directory that names no class, or one without a head, has none; one of GPT or GPT-2 is a language model,
// whose output layer is its embedding. Throws Error, naming the class, for one that is not known here.
HeadKind read_head_kind(const std::filesystem::path& directory);

}  // namespace attune::models
