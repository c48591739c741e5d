#include "attune/tasks/metrics/chrf.h"

#include <array>

#include "attune/tasks/metrics/n_grams.h"
#include "attune/tasks/metrics/pairs.h"
#include "attune/tasks/metrics/whitespace.h"
#include "attune/text/unicode/lowercase.h"
#include "attune/text/unicode/utf8.h"

namespace attune::tasks {
namespace {

constexpr std::size_t kOrders = 6;
constexpr double kBetaSquared = 2 * 2;
using Counts = std::array<NGramCounts, kOrders>;

std::u32string characters(std::string_view line) {
  std::u32string result;
  for (std::size_t at = 0; at < line.size();) {
    const text::CodePoint c = text::decode_code_point(line.substr(at));
    if (!is_whitespace(c.value)) result += c.value;
    at += c.length;
  }
  return result;
}

void add(const Counts& sentence, Counts& corpus) {
  for (std::size_t n = 0; n < kOrders; ++n) {
    if (sentence[n].reference > 0) corpus[n].hypothesis += sentence[n].hypothesis;
    corpus[n].reference += sentence[n].reference;
    corpus[n].matches += sentence[n].matches;
  }
}

double score(const Counts& counts) {
  double precision = 0, recall = 0;
  int orders = 0;
  for (const NGramCounts& n : counts) {
    if (n.hypothesis == 0 || n.reference == 0) continue;
    precision += static_cast<double>(n.matches) / static_cast<double>(n.hypothesis);
    recall += static_cast<double>(n.matches) / static_cast<double>(n.reference);
    ++orders;
  }
  if (precision + recall == 0) return 0;
  precision /= orders;
  recall /= orders;
  return 100 * (1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall);
}

}  // namespace

double corpus_chrf(const std::vector<std::string>& hypotheses, const std::vector<std::string>& references,
                   bool lowercase) {
  check_pairs("chrF", hypotheses, references);
  const auto prepared = [&](const std::string& line) {
    return characters(lowercase ? text::lowercase(line) : line);
  };
  Counts corpus;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    const std::u32string hypothesis = prepared(hypotheses[i]), reference = prepared(references[i]);
    Counts sentence;
    count_n_grams(hypothesis, reference, kOrders, sentence.data());
    add(sentence, corpus);
  }
  return score(corpus);
}

}  // namespace attune::tasks
