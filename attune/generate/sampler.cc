#include "attune/generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attune/base/error.h"

namespace attune::generate {
namespace {

std::int64_t best(std::span<const float> scores) {
  return std::max_element(scores.begin(), scores.end()) - scores.begin();
}

void penalise_repetition(std::span<float> scores, std::span<const std::int64_t> context, double penalty) {
  std::vector<std::int64_t> seen(context.begin(), context.end());
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  for (std::int64_t token : seen) {
    float& score = scores[static_cast<std::size_t>(token)];
    score = static_cast<float>(score > 0 ? score / penalty : score * penalty);
  }
}

// How many of the weights, falling, the filters on probability let through.
std::size_t kept(std::span<const double> weights, const SamplingOptions& options) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::size_t count = weights.size();
  double sum = 0;
  for (std::size_t i = 0; i < count && options.top_p < 1; ++i) {
    sum += weights[i];
    if (sum >= options.top_p * total) count = i + 1;
  }
  while (count > 1 && weights[count - 1] < options.min_p * weights[0]) --count;
  return count;
}

// The index that a number in [0, 1) falls on when the weights are laid side by side.
std::size_t draw(std::span<const double> weights, double place) {
  double remaining = place * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    remaining -= weights[i];
    if (remaining < 0) return i;
  }
  return weights.size() - 1;
}

}  // namespace

void SamplingOptions::validate() const {
  if (!(temperature >= 0 && std::isfinite(temperature)))
    fail_usage("temperature is {}, expected 0 or more", temperature);
  if (top_k < 0) fail_usage("top-k is {}, expected 0 (all) or more", top_k);
  if (!(top_p > 0 && top_p <= 1)) fail_usage("top-p is {}, expected 0 < p <= 1", top_p);
  if (!(min_p >= 0 && min_p <= 1)) fail_usage("min-p is {}, expected 0 <= p <= 1", min_p);
  if (!(repetition_penalty > 0 && std::isfinite(repetition_penalty))) {
    fail_usage("repetition penalty is {}, expected a positive number", repetition_penalty);
  }
}

Sampler::Sampler(const SamplingOptions& options) : options_(options), generator_{.seed = options.seed} {
  options_.validate();
}

std::int64_t Sampler::next(std::span<const float> scores, std::span<const std::int64_t> context) {
  check(std::ranges::none_of(scores, [](float score) { return std::isnan(score); }),
        "the model gives scores that are no numbers: its weights hold some that are none");
  if (options_.repetition_penalty != 1) {
    penalised_.assign(scores.begin(), scores.end());
    penalise_repetition(penalised_, context, options_.repetition_penalty);
    scores = penalised_;
  }
  if (options_.temperature == 0) return best(scores);

  const auto weigh = [&](float score, float highest) {
    return std::exp((static_cast<double>(score) - highest) / options_.temperature);
  };
  select_candidates(scores);
  const float highest =
      candidates_.empty() ? scores[static_cast<std::size_t>(best(scores))] : candidates_[0].first;
  weights_.clear();
  if (candidates_.empty()) {
    for (float score : scores) weights_.push_back(weigh(score, highest));
  } else {
    for (const auto& candidate : candidates_) weights_.push_back(weigh(candidate.first, highest));
    weights_.resize(kept(weights_, options_));
  }
  const std::size_t drawn = draw(weights_, uniform(generator_));
  return candidates_.empty() ? static_cast<std::int64_t>(drawn) : candidates_[drawn].second;
}

// The tokens that the filters look at, best first; none when every token may be drawn, so that nothing is
// sorted.
void Sampler::select_candidates(std::span<const float> scores) {
  candidates_.clear();
  const bool limited = options_.top_k > 0 && static_cast<std::size_t>(options_.top_k) < scores.size();
  if (!limited && options_.top_p >= 1 && options_.min_p <= 0) return;
  for (std::size_t token = 0; token < scores.size(); ++token) {
    candidates_.emplace_back(scores[token], static_cast<std::int64_t>(token));
  }
  const auto better = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  if (limited) {
    std::nth_element(candidates_.begin(), candidates_.begin() + options_.top_k, candidates_.end(), better);
    candidates_.resize(static_cast<std::size_t>(options_.top_k));
  }
  std::sort(candidates_.begin(), candidates_.end(), better);
}

}  // namespace attune::generate
