#include "attune/models/text/head_layers.h"

#include "attune/ops/views/views.h"

namespace attune::models {
namespace {

HeadLayers dense_norm(nn::Linear dense, ops::ActivationKind activation, nn::LayerNorm norm) {
  return [dense = std::move(dense), activation, norm = std::move(norm)](const Tensor& x,
                                                                        const nn::Context& context) {
    return norm(ops::activation(dense(x), activation), context);  // (..., D) -> (..., E)
  };
}

}  // namespace

Tensor first_token(const Tensor& hidden) {
  return ops::reshape(ops::slice(hidden, 1, 0, 1), {hidden.dim(0), hidden.dim(2)});  // (B, D)
}

HeadLayers in_order(HeadLayers first, HeadLayers second) {
  if (!first) return first;
  return [first = std::move(first), second = std::move(second)](const Tensor& hidden,
                                                                const nn::Context& context) {
    return second(first(hidden, context), context);
  };
}

HeadLayers dropout_linear(nn::Linear linear, double dropout) {
  return [linear = std::move(linear), dropout = nn::Dropout{dropout}](const Tensor& x,
                                                                      const nn::Context& context) {
    return linear(dropout(x, context));  // (..., D) -> (..., outputs)
  };
}

HeadLayers first_token_dense(nn::Linear dense, ops::ActivationKind activation) {
  return [dense = std::move(dense), activation](const Tensor& hidden, const nn::Context&) {
    return ops::activation(dense(first_token(hidden)), activation);  // (B, D)
  };
}

VocabularyHead vocabulary_head(const nn::Scope& scope, std::int64_t width, nn::Initializer initializer,
                               ops::ActivationKind activation, double norm_epsilon, const Tensor& embedding) {
  const std::int64_t vocabulary = embedding.dim(0), narrow = embedding.dim(1);  // V, E
  return {dense_norm(nn::Linear(scope / "dense", width, narrow, initializer), activation,
                     nn::LayerNorm(scope / "norm", narrow, norm_epsilon)),
          embedding, scope.parameter("bias", {vocabulary}, nn::Initializer::zeros())};
}

}  // namespace attune::models
