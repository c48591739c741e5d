#include "attune/nn/temporal_embedding.h"

#include <cmath>

#include "attune/nn/position.h"
#include "attune/ops/add/add.h"
#include "attune/ops/concatenate/concatenate.h"
#include "attune/ops/views/views.h"

namespace attune::nn {
namespace {

using Kind = TemporalEmbeddingKind;

Linear linear_map(const Scope& scope, std::int64_t in, std::int64_t width) {
  return Linear(scope, in, width, Initializer::uniform(1 / std::sqrt(static_cast<double>(in))), false);
}

void expect_marks(const Tensor& marks, std::int64_t columns, DType dtype, const char* what) {
  check(marks.defined() && marks.rank() == 3 && marks.dim(2) == columns && marks.dtype() == dtype,
        "temporal embedding: expected {} (B, T, {}) of type {}, got {}", what, columns, name_of(dtype),
        marks.defined() ? fmt::format("{} {}", name_of(marks.dtype()), marks.shape()) : "none");
}

}  // namespace

TimeMarks TimeMarks::steps(std::int64_t begin, std::int64_t end) const {
  const auto part = [&](const Tensor& x) { return x.defined() ? ops::slice(x, 1, begin, end) : x; };
  return {part(scaled), part(indices), part(covariates)};
}

TemporalEmbedding::TemporalEmbedding(const Scope& scope, const Options& options, std::int64_t width)
    : options_(options) {
  const auto count = static_cast<std::int64_t>(options.fields.size());
  if (options.kind == Kind::scaled && count > 0) scaled_ = linear_map(scope / "fields", count, width);
  for (const Field& field : options.fields) {
    if (options.kind == Kind::learned)
      learned_.emplace_back(scope / field.name, field.size, width, Initializer::normal(1));
    if (options.kind == Kind::fixed)
      fixed_.push_back(sinusoidal_positions(0, field.size, width, SinusoidOrder::interleaved));
  }
  if (options.covariates > 0) covariates_ = linear_map(scope / "covariates", options.covariates, width);
  const std::int64_t parts =
      (options.kind == Kind::scaled ? std::min<std::int64_t>(count, 1) : count) + (covariates_ ? 1 : 0);
  if (options.concatenated && parts > 0) mix_ = linear_map(scope / "mix", parts * width, width);
}

void TemporalEmbedding::add_fields(const TimeMarks& marks, std::vector<Tensor>& parts) const {
  const auto count = static_cast<std::int64_t>(options_.fields.size());
  if (count == 0) return;
  if (scaled_) {
    expect_marks(marks.scaled, count, DType::float32, "scaled fields of the calendar");
    parts.push_back((*scaled_)(marks.scaled));  // (B, T, D)
    return;
  }
  expect_marks(marks.indices, count, DType::int64, "fields of the calendar");
  for (std::int64_t f = 0; f < count; ++f) {
    const Tensor index =
        ops::reshape(ops::slice(marks.indices, 2, f, f + 1), marks.indices.shape().without(2));  // (B, T)
    const auto at = static_cast<std::size_t>(f);
    parts.push_back(learned_.empty() ? ops::embedding(index, fixed_[at]) : learned_[at](index));  // (B, T, D)
  }
}

Tensor TemporalEmbedding::operator()(const TimeMarks& marks) const {
  std::vector<Tensor> parts;
  add_fields(marks, parts);
  if (covariates_) {
    expect_marks(marks.covariates, options_.covariates, DType::float32, "known covariates");
    parts.push_back((*covariates_)(marks.covariates));  // (B, T, D)
  }
  if (parts.empty()) return {};
  if (mix_) return (*mix_)(ops::concatenate(parts, -1));  // (B, T, D)
  Tensor sum = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) sum = ops::add(sum, parts[i]);
  return sum;  // (B, T, D)
}

}  // namespace attune::nn
