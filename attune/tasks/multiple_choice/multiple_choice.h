// Which of some answers fits: SWAG's endings (Devlin et al., 1810.04805, section 4.4), RACE's answers
// (Radford et al., 2018, section 3.3).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/models/text/heads.h"
#include "attune/tasks/example_batches.h"
#include "attune/tasks/multiple_choice/multiple_choice_rows.h"
#include "attune/tasks/task.h"
#include "attune/tasks/text_inputs.h"

namespace attune::tasks {

struct ChoiceQuestion {
  std::string context;   // or the question alone
  std::string question;  // may be empty
  std::vector<std::string> choices;
};

std::vector<ChoiceQuestion> questions_of(const MultipleChoiceRows& rows);

// One input a choice. A family that reads both ways has the context as its first text and the question with a
// choice as its second (Hugging Face's run_swag.py); GPT has the context with the question before the
// delimiter and the choice behind it.
std::vector<TextInput> encode_choices(const text::Tokenizer& tokenizer, const ChoiceQuestion& question,
                                      std::int64_t max_length, const models::TextFacts& facts);

// N questions of C choices each.
struct ChoiceInputs {
  std::size_t choices = 0;             // C
  std::vector<TextInput> inputs = {};  // N C, the choices of a question one after the other
  std::vector<std::int64_t> labels = {};

  std::size_t size() const { return choices == 0 ? 0 : inputs.size() / choices; }
};

struct MultipleChoiceOptions {
  std::int64_t batch_size = 16;  // questions
  std::uint64_t seed = 0;
  double lm_weight = 0;
};

class MultipleChoice : public Task {
 public:
  // Throws UsageError for sizes that make no sense. The model must outlive the task.
  MultipleChoice(const models::MultipleChoiceModel& model, ChoiceInputs train,
                 std::optional<ChoiceInputs> valid, const MultipleChoiceOptions& options);

  MicroBatchLoss loss(const MicroBatchIndex& which, const nn::Context& context) override;
  std::string_view unit() const override { return "questions"; }
  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  bool has_validation() const override { return valid_.has_value(); }
  std::vector<std::string> metric_names() const override { return {"accuracy"}; }
  std::optional<Evaluation> evaluate(const nn::Context& context,
                                     const std::function<bool()>& stopped) override;

 private:
  const models::MultipleChoiceModel& model_;
  ChoiceInputs train_;
  std::optional<ChoiceInputs> valid_;
  MultipleChoiceOptions options_;
  ExampleBatches batches_;
};

// The scores of every choice, question by question: N C numbers. Nothing when `stopped` said so.
std::optional<std::vector<float>> choice_scores(const models::MultipleChoiceModel& model,
                                                const ChoiceInputs& questions, std::int64_t batch_size,
                                                const nn::Context& how,
                                                const std::function<bool()>& stopped = {});

// What such scores are worth: the mean cross-entropy, with the accuracy.
Evaluation evaluate_choices(std::span<const float> scores, const ChoiceInputs& truth);

}  // namespace attune::tasks
