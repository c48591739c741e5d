// BLEU of a corpus, equal to sacreBLEU's default (signature nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp).
//
// Papineni, Roukos, Ward, Zhu: "BLEU: a Method for Automatic Evaluation of Machine Translation" (2002),
// section 2.3:  BLEU = BP exp(sum_n 1/4 log p_n),  n = 1 to 4;  p_n = clipped matches of n-grams / n-grams of
// the hypotheses;  BP = 1 where the hypotheses have at least as many words, c, as the references, r, and
// exp(1 - r / c) otherwise. Counts are summed over the corpus first. Post: "A Call for Clarity in Reporting
// BLEU Scores" (2018) fixes the tokenizer, mteval-v13a's, so that scores compare. Smoothing "exp" (mteval's;
// method 3 of Chen and Cherry 2014): the k-th p_n without a match counts as 1 / (2^k n-grams).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attune::tasks {

constexpr std::size_t kBleuOrders = 4;

struct BleuScore {
  double score = 0;                                          // 0 to 100.
  std::array<double, kBleuOrders> precisions{};              // Smoothed, 0 to 100.
  double brevity_penalty = 1;                                // 0 to 1.
  std::int64_t hypothesis_length = 0, reference_length = 0;  // In words.
};

// One reference a hypothesis. With `lowercase` as `sacrebleu -lc`. Empty lines count as lines without words;
// invalid UTF-8 is taken for U+FFFD. Throws UsageError for lists of different lengths or without a line.
BleuScore corpus_bleu(const std::vector<std::string>& hypotheses, const std::vector<std::string>& references,
                      bool lowercase = false);

// The line as sacreBLEU's tokenizer 13a gives it: words and punctuation with one space between them.
std::string tokenize_13a(std::string_view line);

}  // namespace attune::tasks
