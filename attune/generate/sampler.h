// Choosing the next token from its scores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attune/tensor/random.h"

namespace attune::generate {

// The filters act in Hugging Face's order: repetition penalty, temperature, top-k, top-p, min-p.
struct SamplingOptions {
  double temperature = 1;  // 0: always the best token (greedy)
  std::int64_t top_k = 0;  // keep the k best; 0 keeps all
  double top_p = 1;        // keep the best that together reach this probability (Holtzman et al., 1904.09751)
  double min_p = 0;        // keep those at least this fraction as probable as the best (2407.01082)
  double repetition_penalty = 1;  // of tokens that occurred (Keskar et al., 1909.05858); 1 is none
  std::uint64_t seed = 0;

  // Throws UsageError naming the option that is out of range.
  void validate() const;
};

// Draws tokens; a pure function of the seed, the number of draws so far, and the scores.
class Sampler {
 public:
  explicit Sampler(const SamplingOptions& options);

  // `scores` (V) are logits; `context` holds the tokens so far, for the repetition penalty.
  std::int64_t next(std::span<const float> scores, std::span<const std::int64_t> context);

 private:
  void select_candidates(std::span<const float> scores);

  SamplingOptions options_;
  Generator generator_;
  std::vector<float> penalised_;
  std::vector<std::pair<float, std::int64_t>> candidates_;  // score, token
  std::vector<double> weights_;
};

}  // namespace attune::generate
