// attune eval of models that label words.
#include "apps/attune/input/token_classification_data.h"
#include "apps/attune/inspect/eval.h"
#include "apps/attune/train/encoder_run.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"
#include "attune/text/word_tokenizer.h"

namespace attune::command {

void evaluate_token_classifier(const EvalOptions& options) {
  const TokenClassificationRun& run = options.words;
  const text::ConllColumns columns = columns_of(run);
  auto model = load_for_use<models::TokenClassifier>(options.directory, options.dtype);
  const auto tokenizer = text::load_word_tokenizer(options.directory);
  expect_vocabulary(*tokenizer, model->facts(), options.directory);
  const std::int64_t max_length = input_length(run.max_length, /*pairs=*/false, *tokenizer, model->facts());
  const auto sentences = encode(read_files(options.data, columns), *tokenizer,
                                tasks::LabelMap(model->labels().names), max_length);
  check(!sentences.labels.empty(), "{} has no sentence", options.data.front());
  tell_cut(stderr, sentences, max_length, "", "count as predicted O, or as wrong");
  model.expect(sentences.sentences.inputs);
  const auto evaluation =
      *tasks::evaluate_words(*model, sentences, options.batch_size.value_or(run.batch_size), model.how());
  print_evaluation(evaluation, "sentences", std::ssize(sentences.labels), options.json);
}

}  // namespace attune::command
