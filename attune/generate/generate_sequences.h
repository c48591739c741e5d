// Writing the target of a sequence-to-sequence model: greedy, by sampling, or with a beam.
#pragma once

#include <vector>

#include "attune/generate/sampler.h"
#include "attune/models/sequence_to_sequence_model.h"

namespace attune::generate {

struct SequenceOptions {
  std::int64_t num_beams = 1;         // 1: greedy, or drawn as `sampling` says
  double length_penalty = 1;          // p: n tokens score log p(tokens) / n^p
  std::int64_t max_new_tokens = 200;  // at most, with the end of text; no more than the decoder takes
  SamplingOptions sampling = {.temperature = 0};  // with num_beams 1 only
  bool ignore_end_of_text = false;                // never generate it: every sequence gets max_new_tokens

  // Throws UsageError naming the option that is out of range.
  void validate() const;
};

struct GeneratedSequence {
  std::vector<std::int64_t> tokens;  // without the end-of-text token
  float score;  // log p(tokens, end of text | source) / n^length_penalty: HF's sequences_scores
};

// Sources are token ids as the encoder takes them (with the end of text, where the model wants it), not
// empty, in any order. Where the model forces an end (forced_end_of_text()), what reaches max_new_tokens has
// it. What one gives does not depend on the others, up to the rounding of products.
std::vector<GeneratedSequence> generate_sequences(const models::SequenceToSequenceModel& model,
                                                  const std::vector<std::vector<std::int64_t>>& sources,
                                                  const SequenceOptions& options);

}  // namespace attune::generate
