#include "attune/generate/decoding.h"

#include <algorithm>
#include <numeric>

#include "attune/ops/cast/cast.h"
#include "attune/ops/views/views.h"

namespace attune::generate {
namespace {

using Sequence = std::vector<std::int64_t>;

models::SequenceBatch padded(const models::SequenceToSequenceModel& model,
                             const std::vector<Sequence>& sources) {
  std::size_t longest = 0;
  bool uneven = false;
  for (const Sequence& source : sources) {
    longest = std::max(longest, source.size());
    uneven = uneven || source.size() != sources[0].size();
  }
  const Shape shape{std::ssize(sources), static_cast<std::int64_t>(longest)};
  models::SequenceBatch batch{Tensor::full(shape, static_cast<double>(model.padding_token()), DType::int64),
                              uneven ? Tensor::zeros(shape, DType::boolean) : Tensor()};  // (B, S)
  std::int64_t* ids = batch.ids.mutable_data<std::int64_t>();
  for (std::size_t b = 0; b < sources.size(); ++b) {
    std::copy(sources[b].begin(), sources[b].end(), ids + b * longest);
    if (uneven) std::fill_n(batch.mask.mutable_data<bool>() + b * longest, sources[b].size(), true);
  }
  return batch;
}

nn::DecoderCache remember(const models::SequenceToSequenceModel& model, const std::vector<Sequence>& sources,
                          std::int64_t hypotheses, std::int64_t capacity) {
  const models::SequenceBatch batch = padded(model, sources);
  return model.make_cache(model.encode(batch, {}), batch.mask, hypotheses, capacity);
}

}  // namespace

Decoding::Decoding(const models::SequenceToSequenceModel& model, const std::vector<Sequence>& sources,
                   std::int64_t hypotheses, std::int64_t capacity)
    : model_(model), sentences_(sources.size()), cache_(remember(model, sources, hypotheses, capacity)) {
  std::iota(sentences_.begin(), sentences_.end(), std::size_t{0});
}

Tensor Decoding::step(std::span<const std::int64_t> tokens) {
  const Tensor ids = Tensor::from(tokens, {std::ssize(tokens), 1});     // (B K, 1)
  const Tensor logits = model_.logits(model_.decode(ids, {}, cache_));  // (B K, 1, V)
  return ops::cast(ops::reshape(logits, {std::ssize(tokens), model_.vocab_size()}), DType::float32);
}

void Decoding::keep(std::span<const std::int64_t> kept) {
  cache_.keep(kept);
  std::vector<std::size_t> sentences;
  for (std::int64_t b : kept) sentences.push_back(sentences_[static_cast<std::size_t>(b)]);
  sentences_ = std::move(sentences);
}

}  // namespace attune::generate
