#include "attune/tasks/masked_language_modeling/fill_mask.h"

#include <algorithm>
#include <cmath>

#include "attune/autograd/tape.h"
#include "attune/base/error.h"
#include "attune/ops/ops.h"
#include "attune/tasks/example_batches.h"
#include "attune/tasks/targets.h"

namespace attune::tasks {
namespace {

// (B, T) int64 with a target where a mask is.
Tensor targets_at_masks(const Tensor& ids, std::int32_t mask_token) {
  const Tensor targets = Tensor::full(ids.shape(), ignored_target, DType::int64);
  const auto* tokens = ids.data<std::int64_t>();
  auto* target = targets.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < ids.elements(); ++i) {
    if (tokens[i] == mask_token) target[i] = 0;
  }
  return targets;
}

}  // namespace

std::vector<std::vector<FilledMask>> fill_masks(const models::VocabularyModel& model,
                                                std::span<const TextInput> inputs, std::int32_t mask_token,
                                                std::int64_t count, std::int64_t batch_size,
                                                const nn::Context& how) {
  const auto wanted = static_cast<std::size_t>(std::min(count, model.facts().vocab_size));
  std::vector<std::vector<FilledMask>> filled(inputs.size());
  for_each_by_length(lengths_of(inputs), batch_size, [&](std::span<const std::uint32_t> which) {
    const models::TextBatch batch = make_text_batch(inputs, which, model.facts());
    const auto rows = models::counted_rows(model.encoder().hidden_states(batch, how),
                                           targets_at_masks(batch.ids, mask_token), how);        // (M, D)
    const Tensor logits = ops::cast(model.vocabulary_logits(rows.hidden, how), DType::float32);  // (M, V)
    const auto [log_probs, tokens] =
        ops::top_log_probs(logits, static_cast<std::int64_t>(wanted));  // (M, count) both
    std::size_t at = 0;                                                 // in these
    for (const std::uint32_t text : which) {
      for (std::size_t position = 0; position < inputs[text].ids.size(); ++position) {
        if (inputs[text].ids[position] != mask_token) continue;
        FilledMask mask{static_cast<std::int64_t>(position), {}};
        for (std::size_t rank = 0; rank < wanted; ++rank, ++at) {
          const std::int64_t token = tokens.data<std::int64_t>()[at];
          check(token >= 0,
                "the model gives scores that are no numbers: its weights hold some that are none");
          mask.candidates.push_back(
              {static_cast<std::int32_t>(token), std::exp(static_cast<double>(log_probs.data<float>()[at]))});
        }
        filled[text].push_back(std::move(mask));
      }
    }
  });
  return filled;
}

}  // namespace attune::tasks
