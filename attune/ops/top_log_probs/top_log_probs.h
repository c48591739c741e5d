// The most probable tokens, for a search.
#pragma once

#include <span>

#include "attune/tensor/tensor.h"

namespace attune::ops {

struct TopLogProbs {
  Tensor log_probs;  // (N, count), falling
  Tensor tokens;     // (N, count) int64; of equal ones the lower token is first
};

// The `count` largest of log(softmax(logits)) of each row of logits (N, V), float32 (or float64). Tokens of
// `suppressed` are left out, after the softmax: the others become no more probable. A row that has fewer ends
// in -infinity and token -1. One pass over the row beside that of the softmax; nothing is sorted but what is
// returned. No gradient.
TopLogProbs top_log_probs(const Tensor& logits, std::int64_t count,
                          std::span<const std::int64_t> suppressed = {});

}  // namespace attune::ops
