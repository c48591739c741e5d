// What the calendar says of a step, and what else is known of the future, as vectors (Zhou et al.,
// 2012.07436, appendix B).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attune/nn/embedding.h"
#include "attune/nn/linear.h"

namespace attune::nn {

enum class TemporalEmbeddingKind {
  fixed,    // a table of sinusoids for every field
  learned,  // a learned table for every field
  scaled,   // one linear map, without bias, of the fields scaled to [-0.5, 0.5]
};

// B sequences, T steps, F fields of the calendar, K known covariates. What a model does not have may be
// undefined.
struct TimeMarks {
  Tensor scaled;      // (B, T, F) float32, for TemporalEmbeddingKind::scaled
  Tensor indices;     // (B, T, F) int64, for the tables
  Tensor covariates;  // (B, T, K) float32

  // Steps [begin, end) of each.
  TimeMarks steps(std::int64_t begin, std::int64_t end) const;
};

class TemporalEmbedding {
 public:
  struct Field {
    std::string name;
    std::int64_t size;  // values 0 .. size - 1
  };
  struct Options {
    std::vector<Field> fields = {};
    std::int64_t covariates = 0;  // K, which enter through a linear map of their own, without bias
    TemporalEmbeddingKind kind = TemporalEmbeddingKind::scaled;
    bool concatenated = false;  // the vectors side by side and projected to D; else their sum
  };
  // Learned tables start from a normal distribution, linear maps uniformly within 1 / sqrt(their inputs).
  TemporalEmbedding(const Scope& scope, const Options& options, std::int64_t width);

  // (B, T, D); undefined for a model without fields and covariates.
  Tensor operator()(const TimeMarks& marks) const;

 private:
  void add_fields(const TimeMarks& marks, std::vector<Tensor>& parts) const;

  Options options_;
  std::vector<Embedding> learned_;    // "NAME": (size, D)
  std::vector<Tensor> fixed_;         // (size, D)
  std::optional<Linear> scaled_;      // "fields": F -> D
  std::optional<Linear> covariates_;  // "covariates": K -> D
  std::optional<Linear> mix_;         // "mix": parts D -> D
};

}  // namespace attune::nn
