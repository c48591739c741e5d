// A model that reads texts described: what shapes go through it, what memory it takes.
#pragma once

#include <cstdint>
#include <vector>

#include "attune/models/summary.h"
#include "attune/models/text/head_kind.h"
#include "attune/models/text/model.h"

namespace attune::models {

// What a batch of B texts of T tokens becomes in an encoder (BERT and its relatives); the layers are alike,
// so one stands for all.
std::vector<ShapeLine> encoder_shapes(const TextModel& model, std::int64_t batch, std::int64_t tokens);
// What a head makes of the last hidden states; none for a bare encoder.
std::vector<ShapeLine> head_shapes(const TextModel& model, HeadKind head, std::int64_t batch,
                                   std::int64_t tokens);

// In float32; `batch` texts of `tokens`.
MemoryEstimate text_inference_memory(const TextModel& model, std::int64_t batch, std::int64_t tokens);
MemoryEstimate text_training_memory(const TextModel& model, HeadKind head, std::int64_t batch,
                                    std::int64_t tokens);

}  // namespace attune::models
