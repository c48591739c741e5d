// Attention of one or a few queries on many keys: a step of generation on its cache of keys and values.
#pragma once

#include "attune/ops/attention/cpu.h"

namespace attune::cpu {

// Whether attend_few_queries can and should do it.
template <typename T>
bool suits_few_queries(const AttentionForward<T>& operands) {
  return operands.shape.queries <= 4 && operands.settings.dropout == 0;
}

// The same as attention(operands), bound by how fast keys and values stream from memory: every key and value
// is read once for each query, where it lies; nothing is allocated.
template <typename T>
void attend_few_queries(const AttentionForward<T>& operands);

}  // namespace attune::cpu
