#include "attune/models/text/pooling.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "attune/base/error.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/concatenate/concatenate.h"
#include "attune/ops/matmul/matmul.h"
#include "attune/ops/views/views.h"

namespace attune::models {
namespace {

// The tokens of a text that count.
struct Counted {
  std::int64_t begin, end;
  std::int64_t count() const { return end - begin; }
};

std::vector<Counted> counted_tokens(const Tensor& hidden, const Tensor& mask, std::int64_t prompt_tokens) {
  std::vector<Counted> texts;
  const std::int64_t length = hidden.dim(1);
  for (std::int64_t row = 0; row < hidden.dim(0); ++row) {
    std::int64_t tokens = length;
    if (mask.defined()) {
      const bool* seen = mask.data<bool>() + row * length;
      tokens = std::count(seen, seen + length, true);
    }
    texts.push_back({std::min(prompt_tokens, tokens), tokens});
  }
  return texts;
}

// What token i of a text counts: every mode but the largest value is a weighted sum of the tokens.
double weight(PoolingMode mode, std::int64_t i, const Counted& text) {
  const auto count = static_cast<double>(text.count());
  switch (mode) {
    case PoolingMode::cls:
      return i == text.begin ? 1 : 0;
    case PoolingMode::mean:
      return 1 / count;
    case PoolingMode::mean_sqrt_len_tokens:
      return 1 / std::sqrt(count);
    case PoolingMode::weighted_mean:  // tokens of a prompt have their numbers, too
      return static_cast<double>(i + 1) / (count * static_cast<double>(text.begin + 1 + text.end) / 2);
    case PoolingMode::last_token:
      return i + 1 == text.end ? 1 : 0;
    case PoolingMode::max:
      break;
  }
  fail("pooling: the largest value is no weighted sum");
}

Tensor weighted_sum(const Tensor& hidden, PoolingMode mode, std::span<const Counted> texts) {
  const Tensor weights = Tensor::zeros({hidden.dim(0), 1, hidden.dim(1)});  // (B, 1, T)
  float* row = weights.mutable_data<float>();
  for (const Counted& text : texts) {
    for (std::int64_t i = text.begin; i < text.end; ++i) row[i] = static_cast<float>(weight(mode, i, text));
    row += hidden.dim(1);
  }
  const Tensor sums = ops::matmul(weights, hidden);  // (B, 1, D)
  return ops::reshape(sums, {hidden.dim(0), hidden.dim(2)});
}

Tensor largest(const Tensor& hidden, std::span<const Counted> texts) {
  const std::int64_t length = hidden.dim(1), width = hidden.dim(2);
  const Tensor result = Tensor::zeros({hidden.dim(0), width});  // (B, D)
  const float* tokens = hidden.data<float>();
  float* into = result.mutable_data<float>();
  for (const Counted& text : texts) {
    for (std::int64_t i = text.begin; i < text.end; ++i) {
      for (std::int64_t d = 0; d < width; ++d) {
        const float value = tokens[i * width + d];
        into[d] = i == text.begin ? value : std::max(into[d], value);
      }
    }
    tokens += length * width;
    into += width;
  }
  return result;
}

}  // namespace

Tensor pool(const Tensor& hidden, const Tensor& mask, const Pooling& pooling, std::int64_t prompt_tokens) {
  const Tensor states = ops::contiguous(ops::cast(hidden, DType::float32));  // (B, T, D)
  const auto texts = counted_tokens(states, mask, pooling.include_prompt ? 0 : prompt_tokens);
  std::vector<Tensor> vectors;
  for (const PoolingMode mode : pooling.modes)
    vectors.push_back(mode == PoolingMode::max ? largest(states, texts)
                                               : weighted_sum(states, mode, texts));  // (B, D)
  return vectors.size() == 1 ? vectors.front() : ops::concatenate(vectors, -1);       // (B, M D)
}

}  // namespace attune::models
