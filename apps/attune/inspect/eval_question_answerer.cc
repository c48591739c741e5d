// attune eval of models that find answers in texts.
#include "apps/attune/inspect/eval.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"

namespace attune::command {

void evaluate_question_answerer(const EvalOptions& options) {
  const QuestionAnsweringRun& run = options.questions;
  validate_answers(run);
  if (options.data.size() != 1)
    fail_usage("--data names {} files, expected one with questions", options.data.size());
  auto model = load_for_use<models::QuestionAnswerer>(options.directory, options.dtype);
  const auto tokenizer = text::load_tokenizer(options.directory);
  expect_vocabulary(*tokenizer, model->facts(), options.directory);
  const auto truth =
      read_questions(options.data.front(), *tokenizer, run.windows.within(model->facts().max_length));
  const auto& windows = truth.encoded.inputs();
  check(!windows.empty(), "{} has no question", options.data.front());
  model.expect(windows);
  const auto logits =
      *tasks::span_logits(*model, windows, options.batch_size.value_or(run.batch_size), model.how());
  print_evaluation(tasks::evaluate_answers(truth, logits, answer_options(run)), "questions",
                   std::ssize(truth.data.questions), options.json);
}

}  // namespace attune::command
