// What stands behind the mask tokens of texts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attune/models/text/heads.h"
#include "attune/tasks/text_inputs.h"

namespace attune::tasks {

struct MaskCandidate {
  std::int32_t token;
  double score;  // the softmax over the vocabulary
};

struct FilledMask {
  std::int64_t position;                  // among the tokens of the text
  std::vector<MaskCandidate> candidates;  // the likeliest first
};

// Of every text the masks in order, each with its `count` likeliest tokens, or all of a smaller vocabulary.
std::vector<std::vector<FilledMask>> fill_masks(const models::VocabularyModel& model,
                                                std::span<const TextInput> inputs, std::int32_t mask_token,
                                                std::int64_t count, std::int64_t batch_size,
                                                const nn::Context& how);

}  // namespace attune::tasks
