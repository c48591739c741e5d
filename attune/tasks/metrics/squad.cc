#include "attune/tasks/metrics/squad.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <numeric>

#include "attune/base/error.h"
#include "attune/tasks/metrics/pairs.h"
#include "attune/tasks/metrics/whitespace.h"
#include "attune/text/unicode/lowercase.h"
#include "attune/text/unicode/utf8.h"

namespace attune::tasks {
namespace {

// Python's string.punctuation: all of ASCII that is printed and neither letter, digit nor space.
bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// Python's \w, where \b stands between it and the rest; the underscore went with the punctuation.
bool is_word_character(char32_t c) {
  const auto code = static_cast<UChar32>(c);
  return u_isalpha(code) || u_getNumericValue(code) != U_NO_NUMERIC_VALUE;
}

bool is_article(std::string_view word) { return word == "a" || word == "an" || word == "the"; }

// re.sub(r"\b(a|an|the)\b", " ", text)
std::string without_articles(std::string_view text) {
  std::string result;
  std::size_t begin = 0;  // Of the run of word characters, or of others, that goes on.
  bool in_word = false;
  const auto end_run = [&](std::size_t end) {
    const std::string_view run = text.substr(begin, end - begin);
    result += in_word && is_article(run) ? " " : run;
    begin = end;
  };
  for (std::size_t at = 0; at < text.size();) {
    const text::CodePoint c = text::decode_code_point(text.substr(at));
    const bool of_word = is_word_character(c.value);
    if (of_word != in_word) end_run(at);
    in_word = of_word;
    at += c.length;
  }
  end_run(text.size());
  return result;
}

std::vector<std::string> words_of(const std::string& normalized) {
  std::vector<std::string> words;
  for_each_word(normalized, [&](std::string_view word) { words.emplace_back(word); });
  std::sort(words.begin(), words.end());
  return words;
}

struct Score {
  double exact_match = 0, f1 = 0;
};

// The F1 where one of both has no word: v1.1 gives 0, v2.0 compares them.
Score compare(const std::string& prediction, const std::string& reference, bool compares_empty) {
  const std::vector<std::string> ours = words_of(prediction), theirs = words_of(reference);
  const double same = prediction == reference ? 1 : 0;
  if (compares_empty && (ours.empty() || theirs.empty())) return {same, same};
  Answers common;
  std::set_intersection(ours.begin(), ours.end(), theirs.begin(), theirs.end(), std::back_inserter(common));
  const auto hits = static_cast<double>(common.size());
  if (hits == 0) return {same, 0};
  const double precision = hits / static_cast<double>(ours.size());
  const double recall = hits / static_cast<double>(theirs.size());
  return {same, 2 * precision * recall / (precision + recall)};
}

Score best_of(const std::string& prediction, const std::vector<std::string>& references,
              bool compares_empty) {
  const std::string normalized = normalize_answer(prediction);
  Score best;
  for (const std::string& reference : references) {
    const Score score = compare(normalized, reference, compares_empty);
    best.exact_match = std::max(best.exact_match, score.exact_match);
    best.f1 = std::max(best.f1, score.f1);
  }
  return best;
}

AnswerScores mean_of(const std::vector<Score>& scores) {
  AnswerScores mean;
  mean.questions = static_cast<std::int64_t>(scores.size());
  if (scores.empty()) return mean;
  for (const Score& score : scores) {
    mean.exact_match += score.exact_match;
    mean.f1 += score.f1;
  }
  mean.exact_match *= 100 / static_cast<double>(scores.size());
  mean.f1 *= 100 / static_cast<double>(scores.size());
  return mean;
}

// v2.0's: of an empty list, the empty answer is the one that is right.
Score score_v2(const std::string& prediction, const Answers& answers) {
  std::vector<std::string> normalized;
  for (const std::string& answer : answers) {
    std::string text = normalize_answer(answer);
    if (!text.empty()) normalized.push_back(std::move(text));
  }
  if (normalized.empty()) normalized.emplace_back();
  return best_of(prediction, normalized, /*compares_empty=*/true);
}

}  // namespace

std::string normalize_answer(std::string_view answer) {
  std::string text = text::lowercase(answer);
  std::erase_if(text, is_punctuation);
  std::string result;
  for_each_word(without_articles(text), [&](std::string_view word) {
    if (!result.empty()) result += ' ';
    result += word;
  });
  return result;
}

AnswerScores squad_v1_scores(std::span<const std::string> predictions, std::span<const Answers> references) {
  check_pairs("SQuAD's F1", predictions.size(), references.size());
  std::vector<Score> scores;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    if (references[i].empty())
      fail_usage("question {} has no answer: SQuAD v1.1 scores answers alone, v2.0 their absence too", i);
    std::vector<std::string> normalized;
    for (const std::string& answer : references[i]) normalized.push_back(normalize_answer(answer));
    scores.push_back(best_of(predictions[i], normalized, /*compares_empty=*/false));
  }
  return mean_of(scores);
}

SquadV2Scores squad_v2_scores(std::span<const std::string> predictions, std::span<const Answers> references) {
  check_pairs("SQuAD's F1", predictions.size(), references.size());
  std::vector<Score> all, with, without;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const Score score = score_v2(predictions[i], references[i]);
    all.push_back(score);
    (references[i].empty() ? without : with).push_back(score);
  }
  return {mean_of(all), mean_of(with), mean_of(without)};
}

BestThresholds squad_v2_best_thresholds(std::span<const std::string> predictions,
                                        std::span<const Answers> references,
                                        std::span<const double> differences) {
  check_pairs("SQuAD's F1", predictions.size(), references.size());
  check_pairs("SQuAD's threshold", differences.size(), references.size());
  std::vector<std::size_t> order(predictions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return differences[a] < differences[b]; });
  // From a threshold below all, where every question is taken to have no answer, upwards.
  double unanswerable = 0;
  for (const Answers& answers : references) unanswerable += answers.empty() ? 1 : 0;
  Score now{unanswerable, unanswerable}, best = now;
  BestThresholds result;
  for (const std::size_t i : order) {
    const Score gain = references[i].empty() ? predictions[i].empty() ? Score{} : Score{-1, -1}
                                             : score_v2(predictions[i], references[i]);
    now = {now.exact_match + gain.exact_match, now.f1 + gain.f1};
    if (now.exact_match > best.exact_match) {
      best.exact_match = now.exact_match;
      result.exact_match_threshold = differences[i];
    }
    if (now.f1 > best.f1) {
      best.f1 = now.f1;
      result.f1_threshold = differences[i];
    }
  }
  const double percent = 100 / static_cast<double>(predictions.size());
  result.exact_match = best.exact_match * percent;
  result.f1 = best.f1 * percent;
  return result;
}

}  // namespace attune::tasks
