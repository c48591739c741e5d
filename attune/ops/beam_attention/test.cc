#include <cmath>

#include "attune/ops/beam_attention/beam_attention.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

struct Sizes {
  std::int64_t hypotheses, rows, queries, positions, heads, width;
};

// The table as the operation takes it, from the int64 indices of a test.
Tensor table_of(const Tensor& indices) {
  const Tensor table = Tensor::empty(indices.shape(), DType::int32);
  const auto values = indices.to_vector<std::int64_t>();
  for (std::size_t i = 0; i < values.size(); ++i)
    table.mutable_data<std::int32_t>()[i] = static_cast<std::int32_t>(values[i]);
  return table;
}

// With a bias (H, T, L) as a fifth array the scores are not scaled, as T5 has it.
Arrays reference(const Arrays& a, const Sizes& s) {
  const bool biased = a.size() > 4;
  const auto at = [&](std::int64_t row, std::int64_t time, std::int64_t times, std::int64_t h,
                      std::int64_t i) {
    return static_cast<std::size_t>(((row * times + time) * s.heads + h) * s.width + i);
  };
  std::vector<double> y(a[0].size());
  for (std::int64_t n = 0; n < s.hypotheses; ++n) {
    for (std::int64_t t = 0; t < s.queries; ++t) {
      for (std::int64_t h = 0; h < s.heads; ++h) {
        double total = 0;
        for (std::int64_t p = 0; p <= t + s.positions - s.queries; ++p) {
          const auto row = static_cast<std::int64_t>(a[3][static_cast<std::size_t>(n * s.positions + p)]);
          double dot = 0;
          for (std::int64_t i = 0; i < s.width; ++i)
            dot += a[0][at(n, t, s.queries, h, i)] * a[1][at(row, p, s.positions, h, i)];
          const auto place = static_cast<std::size_t>((h * s.queries + t) * s.positions + p);
          const double weight =
              std::exp(biased ? dot + a[4][place] : dot / std::sqrt(static_cast<double>(s.width)));
          total += weight;
          for (std::int64_t i = 0; i < s.width; ++i)
            y[at(n, t, s.queries, h, i)] += weight * a[2][at(row, p, s.positions, h, i)];
        }
        for (std::int64_t i = 0; i < s.width; ++i) y[at(n, t, s.queries, h, i)] /= total;
      }
    }
  }
  return {y};
}

OpCase beam_case(std::string label, const Sizes& s) {
  OpCase one{.op = "beam_attention", .label = std::move(label)};
  const Shape rows{s.rows, s.positions, s.heads, s.width};
  one.inputs = {{.shape = {s.hypotheses, s.queries, s.heads, s.width}, .differentiable = false},
                {.shape = rows, .differentiable = false},
                {.shape = rows, .differentiable = false},
                {.shape = {s.hypotheses, s.positions},
                 .kind = Input::Kind::indices,
                 .low = 0,
                 .high = static_cast<double>(s.rows)}};
  one.forward = [](const Inputs& in) {
    return Outputs{ops::beam_attention(in[0], in[1], in[2], table_of(in[3]))};
  };
  one.reference = [s](const Arrays& a) { return reference(a, s); };
  one.has_gradient = false;
  return one;
}

OpCase biased_case(std::string label, const Sizes& s) {
  OpCase one = beam_case(std::move(label), s);
  one.inputs.push_back({.shape = {s.heads, s.queries, s.positions}, .differentiable = false});
  one.forward = [](const Inputs& in) {
    return Outputs{ops::beam_attention(in[0], in[1], in[2], table_of(in[3]), {.scale = 1, .bias = in[4]})};
  };
  return one;
}

OpCase bad_inputs() {
  OpCase one = beam_case("bad inputs", {2, 2, 1, 3, 1, 4});
  const Input q{.shape = {2, 1, 1, 4}}, rows{.shape = {2, 3, 1, 4}};
  const Input table{.shape = {2, 3}, .kind = Input::Kind::indices, .low = 0, .high = 2};
  const Input narrow{.shape = {2, 3, 1, 5}}, short_table{.shape = {2, 2}, .kind = Input::Kind::indices};
  one.errors = {
      {{q, narrow, narrow, table}, {"beam_attention: keys are float32 [2, 3, 1, 5]"}},
      {{q, rows, narrow, table}, {"beam_attention: values are float32 [2, 3, 1, 5]"}},
      {{q, rows, rows, short_table}, {"beam_attention: ancestry is int32 [2, 2], expected int32 [2, 3]"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = beam_case("beam 4 of 8 sentences", {32, 32, 1, 32, 8, 64});
  one.bytes = 2.0 * 4 * 32 * 32 * 512;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    beam_case("odd sizes", {5, 6, 1, 7, 3, 19}),
    beam_case("several queries", {2, 3, 3, 5, 2, 8}),
    beam_case("one", {1, 1, 1, 1, 1, 1}),
    beam_case("more positions than a chunk", {2, 4, 1, 300, 1, 4}),
    biased_case("bias, no scale", {5, 6, 2, 7, 3, 19}),
    biased_case("bias on more positions than a chunk", {2, 4, 1, 300, 2, 4}),
    beam_case("no hypotheses", {0, 1, 1, 2, 1, 4}),
    bad_inputs(),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
