#include "attune/tasks/masked_language_modeling/language_sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "attune/base/error.h"
#include "attune/tasks/shuffle.h"
#include "attune/tensor/random.h"

namespace attune::tasks {

std::vector<double> smoothed_shares(std::span<const std::int64_t> sizes, double smoothing) {
  if (!(smoothing >= 0 && smoothing <= 1))
    fail_usage("--language-smoothing is {}, expected 0 (all languages equally) to 1 (as they occur)",
               smoothing);
  std::vector<double> shares;
  for (const std::int64_t size : sizes) shares.push_back(std::pow(static_cast<double>(size), smoothing));
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return shares;
}

LanguageSampling::LanguageSampling(std::vector<std::int64_t> sizes, double smoothing, std::uint64_t seed)
    : sizes_(std::move(sizes)), seed_(seed) {
  const std::int64_t places = std::accumulate(sizes_.begin(), sizes_.end(), std::int64_t{0});
  check(!sizes_.empty() && std::ranges::min(sizes_) > 0, "a language has no examples");
  double sum = 0;  // of the shares so far: rounding it, not each share, makes the places add up
  for (const double share : smoothed_shares(sizes_, smoothing)) {
    sum += share;
    ends_.push_back(static_cast<std::int64_t>(std::llround(sum * static_cast<double>(places))));
  }
  ends_.back() = places;
}

LanguageSampling::Choice LanguageSampling::at(std::int64_t epoch, std::int64_t place) const {
  const auto mixed = static_cast<std::int64_t>(shuffled(static_cast<std::uint64_t>(place),
                                                        static_cast<std::uint64_t>(per_epoch()), seed_,
                                                        static_cast<std::uint64_t>(epoch)));
  const auto language = static_cast<std::size_t>(std::ranges::upper_bound(ends_, mixed) - ends_.begin());
  const std::int64_t first = ends_[language] - per_epoch(language);
  const std::int64_t taken = epoch * per_epoch(language) + mixed - first;  // of the language, before it
  const std::int64_t visit = taken / sizes_[language];
  const auto example = shuffled(static_cast<std::uint64_t>(taken % sizes_[language]),
                                static_cast<std::uint64_t>(sizes_[language]), fold_in(seed_, language),
                                static_cast<std::uint64_t>(visit));
  return {language, static_cast<std::int64_t>(example), visit};
}

}  // namespace attune::tasks
