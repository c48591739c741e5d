// Beam search over a batch of sources.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/generate/beam_search.h"
#include "attune/models/sequence_to_sequence_model.h"

namespace attune::command {

// The best hypothesis for each source (token ids with their end, within what the model takes). Sources are
// padded on the right, and what one gives does not depend on the others.
std::vector<generate::Hypothesis> translate_batch(const models::SequenceToSequenceModel& model,
                                                  const std::vector<std::vector<std::int64_t>>& sources,
                                                  const generate::BeamOptions& options);

}  // namespace attune::command
