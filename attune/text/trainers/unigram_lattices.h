// All ways to cut words into pieces, as lattices over which expectation maximisation runs (Kudo 2018,
// 1804.10959, section 3.2).
#pragma once

#include <cstdint>
#include <vector>

#include "attune/text/trainers/substrings.h"

namespace attune::text {

// Piece 0 stands for an unknown character. The words are looked through for pieces once; when pieces go, the
// lattices only get thinner.
class UnigramLattices {
 public:
  // `pieces`: those with the numbers from 1.
  UnigramLattices(const WordCounts& words, const ScoredEntries& pieces);

  // How often each piece occurs, on average over all ways to cut each word, weighted by their probability.
  // `scores`: logarithms, by number.
  std::vector<double> expected_counts(const std::vector<double>& scores) const;

  // How often each occurs in the most probable ways (Viterbi). `words` becomes how many words there are.
  std::vector<double> best_counts(const std::vector<double>& scores, double& words) const;

  // Gives pieces new numbers; those with 0 go.
  void renumber(const std::vector<std::uint32_t>& numbers);

 private:
  // A piece in a word: characters [begin, begin + length).
  struct Edge {
    std::uint32_t piece, begin;
    std::uint16_t length;
  };
  struct Word {
    std::size_t first, last;  // Its edges, by where they begin, shorter ones first.
    std::size_t length;       // Characters.
    double count;
  };

  double add_expected(const Word& word, const std::vector<double>& probabilities,
                      std::vector<double>& expected) const;
  void add_expected_by_logarithms(const Word& word, const std::vector<double>& scores,
                                  std::vector<double>& expected) const;

  std::vector<Edge> edges_;
  std::vector<Word> words_;
  mutable std::vector<double> forward_, backward_;  // By position in a word.
};

}  // namespace attune::text
