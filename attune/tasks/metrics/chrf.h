// chrF2 of a corpus, equal to sacreBLEU's default (signature nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no).
//
// Popović: "chrF: character n-gram F-score for automatic MT evaluation" (2015), section 2:
// chrF_beta = (1 + beta^2) P R / (beta^2 P + R), beta = 2, where P and R are precision and recall of
// character n-grams averaged over n = 1 to 6. Characters are code points, and whitespace does not count. As
// in sacreBLEU (Post 2018), matches are summed over the corpus first, the average is over the n for which
// both sides have n-grams, and a sentence's n-grams count only where its reference has n-grams of that
// length.
#pragma once

#include <string>
#include <vector>

namespace attune::tasks {

// 0 to 100. One reference a hypothesis; `lowercase` as `sacrebleu --chrf-lowercase`. Empty lines count as
// lines without characters; invalid UTF-8 is taken for U+FFFD. Throws UsageError for lists of different
// lengths or without a line.
double corpus_chrf(const std::vector<std::string>& hypotheses, const std::vector<std::string>& references,
                   bool lowercase = false);

}  // namespace attune::tasks
