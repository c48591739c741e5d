// How often texts of each language are taken, when there are several.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace attune::tasks {

// p_i = n_i^s / sum_j n_j^s: exponentially smoothed, so that rare languages are seen more often than they
// occur (multilingual BERT, s = 0.7). With s = 1 as often as they occur, with s = 0 equally. Throws
// UsageError for s outside [0, 1].
std::vector<double> smoothed_shares(std::span<const std::int64_t> sizes, double smoothing);

// An epoch has as many places as there are examples. Each language has its share of them, to a place, and
// they are mixed; it goes through its examples in a random order, again and again, over the epochs. All of it
// is a pure function of (seed, epoch, place). With one language, or s = 1, an epoch has every example once.
class LanguageSampling {
 public:
  // `sizes`: the examples of each language, at least one.
  LanguageSampling(std::vector<std::int64_t> sizes, double smoothing, std::uint64_t seed);

  struct Choice {
    std::size_t language;
    std::int64_t example;
    std::int64_t visit;  // how often the example was taken before
  };
  Choice at(std::int64_t epoch, std::int64_t place) const;

  std::int64_t per_epoch() const { return ends_.back(); }
  std::int64_t per_epoch(std::size_t language) const {
    return ends_[language] - (language > 0 ? ends_[language - 1] : 0);
  }

 private:
  std::vector<std::int64_t> sizes_;
  std::vector<std::int64_t> ends_;  // of the places of each language, before they are mixed
  std::uint64_t seed_;
};

}  // namespace attune::tasks
