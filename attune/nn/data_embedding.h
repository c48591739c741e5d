// The input of a Transformer for time series: values, calendar and positions (Zhou et al., 2012.07436,
// appendix B).
#pragma once

#include "attune/nn/dropout.h"
#include "attune/nn/temporal_embedding.h"
#include "attune/nn/value_embedding.h"

namespace attune::nn {

// x (B, T, C) and marks of T steps -> value + temporal + position, then dropout: (B, T, D).
class DataEmbedding {
 public:
  struct Options {
    std::int64_t channels, width;  // C, D
    std::int64_t longest;          // the most steps T
    ValueEmbeddingKind value = ValueEmbeddingKind::convolution3;
    TemporalEmbedding::Options temporal = {};
    double dropout = 0;
  };
  DataEmbedding(const Scope& scope, const Options& options);

  // The first step stands at position `first`.
  Tensor operator()(const Tensor& x, const TimeMarks& marks, std::int64_t first,
                    const Context& context) const;

 private:
  ValueEmbedding value_;
  TemporalEmbedding temporal_;
  Tensor positions_;  // (longest, D)
  Dropout dropout_;
};

}  // namespace attune::nn
