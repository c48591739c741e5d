#include "attune/tasks/metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "attune/tasks/metrics/n_grams.h"
#include "attune/tasks/metrics/pairs.h"
#include "attune/tasks/metrics/whitespace.h"
#include "attune/text/unicode/lowercase.h"

namespace attune::tasks {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_period_or_comma(char c) { return c == '.' || c == ','; }

// [\{-\~\[-\` -\&\(-\+\:-\@\/]: ASCII punctuation but the apostrophe, comma, hyphen and period.
bool stands_alone(char c) {
  return c == '/' || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || (c >= ':' && c <= '@') ||
         (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// A regular expression's substitution for two neighbours, left to right, without overlaps. Every pattern of
// 13a tells ASCII characters from all others, so bytes do for characters.
template <typename Matches>
std::string substitute_pairs(std::string_view text, Matches matches, std::string_view before,
                             std::string_view between, std::string_view after) {
  std::string result;
  result.reserve(text.size() + text.size() / 4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool matched = i + 1 < text.size() && matches(text[i], text[i + 1]);
    if (matched) result += before;
    result += text[i];
    if (!matched) continue;
    result += between;
    result += text[++i];
    result += after;
  }
  return result;
}

std::string separate_punctuation(std::string_view line) {
  std::string text;
  text.reserve(2 * line.size() + 2);
  for (const char c : line) {
    if (stands_alone(c)) text += ' ';
    text += c;
    if (stands_alone(c)) text += ' ';
  }
  // Periods and commas, unless between digits; then a hyphen after a digit.
  text = substitute_pairs(
      text, [](char a, char b) { return !is_digit(a) && is_period_or_comma(b); }, "", " ", " ");
  text = substitute_pairs(
      text, [](char a, char b) { return is_period_or_comma(a) && !is_digit(b); }, " ", " ", "");
  return substitute_pairs(
      text, [](char a, char b) { return is_digit(a) && b == '-'; }, "", " ", " ");
}

// Trailing whitespace goes first: a hyphen before a line's end joins words only inside the line.
std::string_view without_trailing_whitespace(std::string_view line) {
  std::size_t end = 0;
  for_each_word(line,
                [&](std::string_view word) { end = static_cast<std::size_t>(word.end() - line.begin()); });
  return line.substr(0, end);
}

// Numbers the words of a pair of sentences, so that n-grams of words compare as fast as those of characters.
class WordNumbers {
 public:
  std::u32string operator()(std::string_view tokens) {
    std::u32string result;
    for_each_word(tokens, [&](std::string_view word) {
      const auto next = static_cast<char32_t>(numbers_.size());
      result += numbers_.try_emplace(std::string(word), next).first->second;
    });
    return result;
  }

 private:
  std::unordered_map<std::string, char32_t> numbers_;
};

BleuScore score(const std::array<NGramCounts, kBleuOrders>& counts) {
  BleuScore result;
  result.hypothesis_length = counts[0].hypothesis;
  result.reference_length = counts[0].reference;
  const auto c = static_cast<double>(result.hypothesis_length),
             r = static_cast<double>(result.reference_length);
  if (c < r) result.brevity_penalty = c > 0 ? std::exp(1 - r / c) : 0;
  if (std::all_of(counts.begin(), counts.end(), [](const NGramCounts& n) { return n.matches == 0; }))
    return result;
  double smoothing = 1, sum_of_logs = 0;
  for (std::size_t n = 0; n < kBleuOrders; ++n) {
    if (counts[n].hypothesis == 0) return result;  // p_n is 0, and so is the product.
    const auto all = static_cast<double>(counts[n].hypothesis);
    result.precisions[n] = counts[n].matches > 0 ? 100.0 * static_cast<double>(counts[n].matches) / all
                                                 : 100.0 / ((smoothing *= 2) * all);
    sum_of_logs += std::log(result.precisions[n]);
  }
  result.score = result.brevity_penalty * std::exp(sum_of_logs / kBleuOrders);
  return result;
}

}  // namespace

std::string tokenize_13a(std::string_view line) {
  std::string text(without_trailing_whitespace(line));
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  std::string result;
  // The spaces around it give a period at either end of the line its neighbour.
  for_each_word(separate_punctuation(" " + text + " "), [&](std::string_view word) {
    if (!result.empty()) result += ' ';
    result += word;
  });
  return result;
}

BleuScore corpus_bleu(const std::vector<std::string>& hypotheses, const std::vector<std::string>& references,
                      bool lowercase) {
  check_pairs("BLEU", hypotheses, references);
  const auto tokens = [&](const std::string& line) {
    return tokenize_13a(lowercase ? text::lowercase(line) : line);
  };
  std::array<NGramCounts, kBleuOrders> counts;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    WordNumbers numbers;
    const std::u32string hypothesis = numbers(tokens(hypotheses[i])),
                         reference = numbers(tokens(references[i]));
    count_n_grams(hypothesis, reference, kBleuOrders, counts.data());
  }
  return score(counts);
}

}  // namespace attune::tasks
