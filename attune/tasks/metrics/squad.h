// Exact match and F1 of answers, equal to the official evaluation scripts of SQuAD: v1.1 (Rajpurkar et al.
// 2016, section 6.1) and v2.0 (Rajpurkar, Jia, Liang 2018), whose questions may have no answer.
//
// Answers are compared without case, punctuation, the articles a, an, the, and more than one space. F1 is
// that of the words that prediction and answer share, each as often as in both; the best over a question's
// answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune::tasks {

// The answer as the scripts compare it.
std::string normalize_answer(std::string_view answer);

using Answers = std::vector<std::string>;  // That annotators gave to one question.

struct AnswerScores {
  double exact_match = 0, f1 = 0;  // 0 to 100.
  std::int64_t questions = 0;
};

struct SquadV2Scores : AnswerScores {
  AnswerScores with_answer, without_answer;
};

// A prediction for each question. Throws UsageError for lists of different lengths, without a question, and
// for a question without an answer.
AnswerScores squad_v1_scores(std::span<const std::string> predictions, std::span<const Answers> references);

// The same where questions without an answer are right when the prediction is empty. Answers of nothing but
// articles and punctuation do not count as answers.
SquadV2Scores squad_v2_scores(std::span<const std::string> predictions, std::span<const Answers> references);

// A prediction is taken as "no answer" where its null score difference (AnswerPrediction's; higher: rather no
// answer) is above a threshold. The best results that any threshold gives, as the script's
// find_all_best_thresh() does; the lowest of equally good ones.
struct BestThresholds {
  double exact_match = 0, exact_match_threshold = 0;
  double f1 = 0, f1_threshold = 0;
};
BestThresholds squad_v2_best_thresholds(std::span<const std::string> predictions,
                                        std::span<const Answers> references,
                                        std::span<const double> null_score_differences);

}  // namespace attune::tasks
