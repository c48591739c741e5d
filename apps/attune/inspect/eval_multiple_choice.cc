// attune eval of models that choose an answer.
#include "apps/attune/inspect/eval.h"
#include "apps/attune/train/encoder_run.h"
#include "apps/attune/use/used_model.h"
#include "attune/base/error.h"

namespace attune::command {

void evaluate_multiple_choice(const EvalOptions& options) {
  const MultipleChoiceRun& run = options.choices;
  run.columns.validate();
  if (run.columns.label.empty()) fail_usage("--label is empty: which column has the right choice?");
  auto model = load_for_use<models::MultipleChoiceModel>(options.directory, options.dtype);
  const auto tokenizer = text::load_tokenizer(options.directory);
  expect_vocabulary(*tokenizer, model->facts(), options.directory);
  const tasks::ChoiceInputs questions = encode(run, options.data, *tokenizer, model->facts());
  check(questions.size() > 0, "{} has no rows, expected questions", options.data.front());
  model.expect(questions.inputs);
  const auto scores =
      *tasks::choice_scores(*model, questions, options.batch_size.value_or(run.batch_size), model.how());
  print_evaluation(tasks::evaluate_choices(scores, questions), "questions",
                   static_cast<std::int64_t>(questions.size()), options.json);
}

}  // namespace attune::command
