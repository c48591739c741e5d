// A batch of sequences while a sequence-to-sequence model writes them.
#pragma once

#include <span>
#include <vector>

#include "attune/models/sequence_to_sequence_model.h"

namespace attune::generate {

// Shapes: B sentences that are still written, K hypotheses of each, V vocabulary.
class Decoding {
 public:
  // Encodes the sources. `capacity`: the most tokens that will be written to each.
  Decoding(const models::SequenceToSequenceModel& model,
           const std::vector<std::vector<std::int64_t>>& sources, std::int64_t hypotheses,
           std::int64_t capacity);

  // Scores (B K, V) float32 of the tokens after `tokens` (B K), the last of every hypothesis; at first the
  // decoder's start token.
  Tensor step(std::span<const std::int64_t> tokens);

  // Hypothesis n goes on from hypothesis parents[n] of the same sentence.
  void reorder(std::span<const std::int64_t> parents) { cache_.reorder(parents); }

  // The sentences of the batch, as indices of the sources.
  const std::vector<std::size_t>& sentences() const { return sentences_; }

  // Takes sentences out for which done(index of the source) holds, once there are enough of them to be worth
  // moving the others together. Returns whether it did; the hypotheses of the others keep their order.
  template <typename Done>
  bool drop(Done&& done) {
    std::vector<std::int64_t> kept;
    for (std::size_t b = 0; b < sentences_.size(); ++b) {
      if (!done(sentences_[b])) kept.push_back(static_cast<std::int64_t>(b));
    }
    if (kept.empty() || 4 * kept.size() > 3 * sentences_.size()) return false;
    keep(kept);
    return true;
  }

 private:
  void keep(std::span<const std::int64_t> kept);

  const models::SequenceToSequenceModel& model_;
  std::vector<std::size_t> sentences_;
  nn::DecoderCache cache_;
};

}  // namespace attune::generate
