#include "attune/models/text/sentence_embedder.h"

#include <algorithm>
#include <cmath>

#include "attune/base/error.h"
#include "attune/ops/views/views.h"

namespace attune::models {
namespace {

// Vectors (B, N), each divided by its length, as torch.nn.functional.normalize does it.
Tensor unit_length(const Tensor& vectors) {
  constexpr double smallest = 1e-12;
  const std::int64_t width = vectors.dim(1);
  const Tensor result = Tensor::empty(vectors.shape());  // (B, N)
  const float* from = vectors.data<float>();
  float* into = result.mutable_data<float>();
  for (std::int64_t row = 0; row < vectors.dim(0); ++row, from += width, into += width) {
    double sum = 0;
    for (std::int64_t i = 0; i < width; ++i) sum += static_cast<double>(from[i]) * from[i];
    const double factor = 1 / std::max(std::sqrt(sum), smallest);
    for (std::int64_t i = 0; i < width; ++i) into[i] = static_cast<float>(from[i] * factor);
  }
  return result;
}

WeightTable dense_weights() {
  return {.prefixes = {""},
          .rules = {{.ours = "weight", .checkpoint = "linear.weight"},
                    {.ours = "bias", .checkpoint = "linear.bias"}},
          .ignored = {}};
}

}  // namespace

SentenceEmbedder::Dense::Dense(const DenseModule& module, const LoadOptions& options)
    : linear(nn::Scope(parameters), module.in_features, module.out_features, nn::Initializer::zeros(),
             module.bias),
      activation(module.activation) {
  load_weights(parameters, dense_weights(), module.directory, options);
}

SentenceEmbedder::SentenceEmbedder(const std::filesystem::path& directory, const LoadOptions& options)
    : config_(read_sentence_config(directory)), encoder_(load_text_encoder(config_.encoder, options)) {
  const std::int64_t hidden = facts().width;
  check(config_.pooled_width == 0 || config_.pooled_width == hidden,
        "{}: the pooling expects vectors of {} numbers, the encoder gives {}", directory.string(),
        config_.pooled_width, hidden);
  max_length_ =
      config_.max_length > 0 ? std::min(config_.max_length, facts().max_length) : facts().max_length;
  width_ = hidden * static_cast<std::int64_t>(config_.pooling.modes.size());
  for (const VectorModule& module : config_.modules) {
    if (const auto* dense = std::get_if<DenseModule>(&module)) {
      check(dense->in_features == width_, "{}: \"in_features\" is {}, the vectors have {} numbers",
            (dense->directory / "config.json").string(), dense->in_features, width_);
      modules_.emplace_back(std::make_unique<Dense>(*dense, options));
      width_ = dense->out_features;
    } else {
      modules_.emplace_back(Normalize());
    }
  }
  if (config_.truncate_width > 0) width_ = std::min(width_, config_.truncate_width);
}

Tensor SentenceEmbedder::embed(const TextBatch& batch, std::int64_t prompt_tokens,
                               const nn::Context& context) const {
  const Tensor hidden = encoder_->hidden_states(batch, context);              // (B, T, D)
  Tensor vectors = pool(hidden, batch.mask, config_.pooling, prompt_tokens);  // (B, M D)
  for (const auto& module : modules_) {
    if (const auto* dense = std::get_if<std::unique_ptr<Dense>>(&module)) {
      vectors = (*dense)->linear(vectors);  // (B, out_features)
      if ((*dense)->activation) vectors = ops::activation(vectors, *(*dense)->activation);
    } else {
      vectors = unit_length(vectors);
    }
  }
  return ops::contiguous(ops::slice(vectors, 1, 0, width_));  // (B, N)
}

}  // namespace attune::models
