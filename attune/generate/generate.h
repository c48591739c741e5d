// Autoregressive generation: each token is predicted from those before it.
#pragma once

#include <functional>
#include <vector>

#include "attune/generate/sampler.h"
#include "attune/models/causal_language_model.h"

namespace attune::generate {

struct GenerateOptions {
  std::int64_t max_new_tokens = 200;
  SamplingOptions sampling;
  bool ignore_end_of_text = false;
};

// Called with each new token of sequence `sequence` as it is chosen; false ends that sequence.
using OnToken = std::function<bool(std::size_t sequence, std::int64_t token)>;

// Continues each prompt (token ids, not empty, within the model's context) and returns the new tokens,
// without the end-of-text token. Sequences of a batch are padded on the left, and what one gives does not
// depend on the others; each has its own random stream. When a sequence has filled the context, generation
// goes on from its last half, so that a text may grow longer than the model can see at once.
std::vector<std::vector<std::int64_t>> generate(const models::CausalLanguageModel& model,
                                                const std::vector<std::vector<std::int64_t>>& prompts,
                                                const GenerateOptions& options, const OnToken& on_token = {});

}  // namespace attune::generate
