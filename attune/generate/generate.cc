#include "attune/generate/generate.h"

#include <algorithm>

#include "attune/autograd/tape.h"
#include "attune/ops/views/views.h"

namespace attune::generate {
namespace {

using Sequence = std::vector<std::int64_t>;

std::int64_t size_of(const Sequence& sequence) { return static_cast<std::int64_t>(sequence.size()); }

// The batch as the model sees it: a window of the last tokens of every sequence, and their keys and values.
class Window {
 public:
  Window(const models::CausalLanguageModel& model, std::size_t batch)
      : model_(model), batch_(static_cast<std::int64_t>(batch)), begin_(batch, 0), padding_(batch, 0) {}

  // Starts over. A sequence that outgrew the context goes on from its last half; the others keep all that
  // they have, so that what a sequence sees does not depend on its batch. Scores of the next token: (B, V).
  Tensor start(const std::vector<Sequence>& sequences, std::int64_t capacity) {
    const std::int64_t context = model_.context_length();
    std::vector<std::int64_t> lengths;
    for (std::size_t b = 0; b < sequences.size(); ++b) {
      const std::int64_t size = size_of(sequences[b]);
      if (size - begin_[b] > context) begin_[b] = size - std::max<std::int64_t>(1, context / 2);
      lengths.push_back(size - begin_[b]);
    }
    const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
    std::vector<std::int64_t> ids, positions;
    for (std::size_t b = 0; b < sequences.size(); ++b) {
      padding_[b] = longest - lengths[b];
      for (std::int64_t t = 0; t < longest; ++t) {
        const std::int64_t position = t - padding_[b];
        positions.push_back(std::max<std::int64_t>(0, position));
        ids.push_back(
            position < 0 ? 0 : sequences[b][sequences[b].size() - static_cast<std::size_t>(longest - t)]);
      }
    }
    cache_.emplace(model_.make_cache(batch_, capacity));
    return scores(Tensor::from(ids, {batch_, longest}), Tensor::from(positions, {batch_, longest}));
  }

  // Adds one token to every sequence. Scores of the next: (B, V).
  Tensor extend(const std::vector<Sequence>& sequences) {
    std::vector<std::int64_t> ids, positions;
    for (std::size_t b = 0; b < sequences.size(); ++b) {
      ids.push_back(sequences[b].back());
      positions.push_back(cache_->length() - padding_[b]);
    }
    return scores(Tensor::from(ids, {batch_, 1}), Tensor::from(positions, {batch_, 1}));
  }

  bool full() const { return cache_->length() >= cache_->capacity(); }

 private:
  Tensor key_mask(std::int64_t length) const {
    if (std::all_of(padding_.begin(), padding_.end(), [](std::int64_t p) { return p == 0; })) return {};
    Tensor mask = Tensor::empty({batch_, length}, DType::boolean);  // (B, length)
    bool* out = mask.mutable_data<bool>();
    for (std::int64_t padding : padding_) {
      for (std::int64_t t = 0; t < length; ++t) *out++ = t >= padding;
    }
    return mask;
  }

  Tensor scores(const Tensor& ids, const Tensor& positions) {
    const models::TokenPositions where{positions, key_mask(cache_->length() + ids.dim(1))};
    const Tensor hidden = model_.hidden_states(ids, where, {}, *cache_);                       // (B, T, D)
    const Tensor last = ops::slice(hidden, 1, hidden.dim(1) - 1, hidden.dim(1));               // (B, 1, D)
    return ops::contiguous(ops::reshape(model_.logits(last), {batch_, model_.vocab_size()}));  // (B, V)
  }

  const models::CausalLanguageModel& model_;
  std::int64_t batch_;
  std::vector<std::int64_t> begin_;    // the first token of each sequence that the model sees
  std::vector<std::int64_t> padding_;  // how far each sequence is padded on the left
  std::optional<nn::KeyValueCache> cache_;
};

void expect_prompts(const models::CausalLanguageModel& model, const std::vector<Sequence>& prompts) {
  for (const Sequence& prompt : prompts) {
    check(!prompt.empty(), "generate: the prompt is empty; give at least one token to continue");
    check(static_cast<std::int64_t>(prompt.size()) <= model.context_length(),
          "generate: the prompt has {} tokens, the model's context is {}; shorten the prompt", prompt.size(),
          model.context_length());
    for (std::int64_t token : prompt) {
      check(token >= 0 && token < model.vocab_size(),
            "generate: token id {} in the prompt, the vocabulary has {}", token, model.vocab_size());
    }
  }
}

}  // namespace

std::vector<Sequence> generate(const models::CausalLanguageModel& model, const std::vector<Sequence>& prompts,
                               const GenerateOptions& options, const OnToken& on_token) {
  expect_prompts(model, prompts);
  options.sampling.validate();
  if (options.max_new_tokens < 0)
    fail_usage("max-new-tokens is {}, expected 0 or more", options.max_new_tokens);
  std::vector<Sequence> results(prompts.size());
  if (prompts.empty() || options.max_new_tokens == 0) return results;

  NoGrad no_grad;
  std::vector<Sequence> sequences = prompts;
  std::vector<Sampler> samplers;
  for (std::size_t b = 0; b < prompts.size(); ++b) {
    SamplingOptions own = options.sampling;
    own.seed += b;
    samplers.emplace_back(own);
  }
  std::vector<bool> done(prompts.size(), false);
  const std::int64_t context = model.context_length();
  std::int64_t longest = 0;
  for (const Sequence& prompt : prompts) longest = std::max(longest, size_of(prompt));
  const std::int64_t capacity = longest + std::min(options.max_new_tokens, context - longest);

  Window window(model, prompts.size());
  Tensor scores = window.start(sequences, capacity);  // (B, V)
  for (std::int64_t step = 0;; ++step) {
    const float* row = scores.data<float>();
    for (std::size_t b = 0; b < sequences.size(); ++b, row += model.vocab_size()) {
      if (done[b]) {
        sequences[b].push_back(0);  // keeps the batch rectangular; nobody looks at it
        continue;
      }
      const std::int64_t token =
          samplers[b].next({row, static_cast<std::size_t>(model.vocab_size())}, sequences[b]);
      sequences[b].push_back(token);
      const bool ended = !options.ignore_end_of_text && model.end_of_text() == token;
      if (!ended) results[b].push_back(token);
      done[b] = ended || (on_token && !on_token(b, token));
    }
    if (step + 1 == options.max_new_tokens || std::find(done.begin(), done.end(), false) == done.end())
      return results;
    scores = window.full() ? window.start(sequences, capacity) : window.extend(sequences);
  }
}

}  // namespace attune::generate
