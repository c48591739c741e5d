#include <algorithm>
#include <cmath>
#include <numeric>

#include "attune/ops/prob_sparse_attention/prob_sparse_attention.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

struct Sizes {
  std::int64_t batch, queries, keys, heads, width, tried, active;
  bool causal = false;

  std::size_t at(std::int64_t rows, std::int64_t b, std::int64_t i, std::int64_t h, std::int64_t c) const {
    return static_cast<std::size_t>(((b * rows + i) * heads + h) * width + c);
  }
};

// One head as the paper's algorithm 1 has it: the weights (Tq, Tk), where those of a row that does not attend
// are what it makes of the values.
class Reference {
 public:
  Reference(const Sizes& sizes, const Arrays& inputs, std::int64_t b, std::int64_t h)
      : s_(sizes), inputs_(inputs), b_(b), h_(h) {}

  std::vector<std::vector<double>> weights(bool uniform) const {
    const auto chosen = active();
    std::vector<std::vector<double>> rows;
    for (std::int64_t i = 0; i < s_.queries; ++i) {
      std::vector<double> row(static_cast<std::size_t>(s_.keys));
      const std::int64_t seen = s_.causal ? i + 1 : s_.keys;
      const bool attends = std::ranges::find(chosen, i) != chosen.end();
      const double share = s_.causal && !uniform ? 1 : 1 / static_cast<double>(seen);
      double sum = 0;
      for (std::int64_t j = 0; j < seen; ++j)
        sum += std::exp(product(i, j) / std::sqrt(static_cast<double>(s_.width)));
      for (std::int64_t j = 0; j < seen; ++j) {
        row[static_cast<std::size_t>(j)] =
            attends ? std::exp(product(i, j) / std::sqrt(static_cast<double>(s_.width))) / sum : share;
      }
      rows.push_back(row);
    }
    return rows;
  }

 private:
  double product(std::int64_t i, std::int64_t j) const {
    double sum = 0;
    for (std::int64_t c = 0; c < s_.width; ++c)
      sum += inputs_[0][s_.at(s_.queries, b_, i, h_, c)] * inputs_[1][s_.at(s_.keys, b_, j, h_, c)];
    return sum;
  }
  std::vector<std::int64_t> active() const {
    std::vector<std::pair<double, std::int64_t>> order;
    for (std::int64_t i = 0; i < s_.queries; ++i) {
      double largest = -INFINITY, sum = 0;
      for (std::int64_t n = 0; n < s_.tried; ++n) {
        const double p =
            product(i, static_cast<std::int64_t>(inputs_[3][static_cast<std::size_t>(i * s_.tried + n)]));
        largest = std::max(largest, p);
        sum += p;
      }
      order.emplace_back(-(largest - sum / static_cast<double>(s_.keys)), i);
    }
    std::ranges::sort(order);
    std::vector<std::int64_t> chosen;
    for (std::int64_t n = 0; n < s_.active; ++n) chosen.push_back(order[static_cast<std::size_t>(n)].second);
    return chosen;
  }

  Sizes s_;
  const Arrays& inputs_;
  std::int64_t b_, h_;
};

std::vector<Input> inputs_of(const Sizes& s) {
  const Shape keys{s.batch, s.keys, s.heads, s.width};
  return {{.shape = {s.batch, s.queries, s.heads, s.width}, .low = -2, .high = 2},
          {.shape = keys, .low = -2, .high = 2},
          {.shape = keys},
          {.shape = {s.queries, s.tried}, .kind = Input::Kind::indices, .low = 0, .high = double(s.keys)}};
}

OpCase attention(std::string label, const Sizes& s) {
  OpCase one{.op = "prob_sparse_attention", .label = std::move(label), .inputs = inputs_of(s)};
  one.forward = [s](const Inputs& in) {
    return Outputs{
        ops::prob_sparse_attention(in[0], in[1], in[2], in[3], {.active = s.active, .causal = s.causal})};
  };
  one.reference = [s](const Arrays& a) {
    std::vector<double> y(a[0].size());
    for (std::int64_t b = 0; b < s.batch; ++b) {
      for (std::int64_t h = 0; h < s.heads; ++h) {
        const auto weights = Reference(s, a, b, h).weights(false);
        for (std::int64_t i = 0; i < s.queries; ++i) {
          for (std::int64_t j = 0; j < s.keys; ++j) {
            for (std::int64_t c = 0; c < s.width; ++c)
              y[s.at(s.queries, b, i, h, c)] +=
                  weights[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] *
                  a[2][s.at(s.keys, b, j, h, c)];
          }
        }
      }
    }
    return Arrays{y};
  };
  return one;
}

OpCase looking(std::string label, const Sizes& s) {
  OpCase one{.op = "prob_sparse_attention", .label = std::move(label), .inputs = inputs_of(s)};
  one.forward = [s](const Inputs& in) {
    const Tensor weights =
        ops::prob_sparse_attention_weights(in[0], in[1], in[3], {.active = s.active, .causal = s.causal});
    return Outputs{weights};
  };
  one.reference = [s](const Arrays& a) {
    std::vector<double> y;
    for (std::int64_t b = 0; b < s.batch; ++b) {
      for (std::int64_t h = 0; h < s.heads; ++h) {
        for (const auto& row : Reference(s, a, b, h).weights(true)) y.insert(y.end(), row.begin(), row.end());
      }
    }
    return Arrays{y};
  };
  one.has_gradient = false;
  return one;
}

OpCase bad_inputs() {
  OpCase one = attention("bad inputs", {1, 4, 4, 2, 3, 2, 2});
  const auto at = [](Shape shape) { return Input{.shape = shape}; };
  const auto samples = [](Shape shape, double from, double to) {
    return Input{.shape = shape, .kind = Input::Kind::indices, .low = from, .high = to};
  };
  const Shape good{1, 4, 2, 3};
  one.errors = {{{at({4, 2, 3}), at(good), at(good), samples({4, 2}, 0, 4)}, {"q is float32 [4, 2, 3]"}},
                {{at(good), at({1, 4, 2, 2}), at(good), samples({4, 2}, 0, 4)}, {"k has shape [1, 4, 2, 2]"}},
                {{at(good), at({1, 0, 2, 3}), at(good), samples({4, 2}, 0, 4)}, {"with keys"}},
                {{at(good), at(good), at({1, 5, 2, 3}), samples({4, 2}, 0, 4)}, {"v has shape [1, 5, 2, 3]"}},
                {{at(good), at(good), at(good), samples({3, 2}, 0, 3)},
                 {"samples are int64 [3, 2], expected int64 (4"}},
                {{at(good), at(good), at(good), samples({4, 2}, 4, 5)}, {"sample 0 is key 4 of 4"}},
                {{at({1, 1, 2, 3}), at(good), at(good), samples({1, 2}, 0, 3)}, {"2 active queries of 1"}}};
  return one;
}

OpCase uneven() {
  OpCase one = attention("uneven lengths", {1, 4, 4, 1, 3, 2, 2, true});
  one.errors = {{{{.shape = {1, 4, 1, 3}},
                  {.shape = {1, 5, 1, 3}},
                  {.shape = {1, 5, 1, 3}},
                  {.shape = {4, 2}, .kind = Input::Kind::indices, .low = 0, .high = 4}},
                 {"4 queries of 5 keys, expected as many when causal"}}};
  return one;
}

OpCase benchmark(std::string label, const Sizes& s) {
  OpCase one = attention(std::move(label), s);
  const auto of = [](auto... n) { return (static_cast<double>(n) * ...); };
  one.flops = 2 * of(s.batch, s.heads, s.width) * (of(s.queries, s.tried) + 2 * of(s.active, s.keys));
  one.backward_factor = 1.5;
  one.dtypes = {DType::float32};
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    attention("some attend", {2, 7, 9, 3, 5, 4, 3}),
    attention("causal", {2, 8, 8, 2, 5, 3, 3, true}),
    attention("all attend", {2, 5, 6, 2, 19, 2, 5}),
    attention("one attends", {1, 6, 3, 1, 4, 3, 1}),
    attention("one query", {2, 1, 5, 2, 3, 2, 1}),
    attention("one step, causal", {2, 1, 1, 2, 3, 1, 1, true}),
    attention("wide heads", {1, 5, 5, 1, 70, 3, 2}),
    attention("no sequences", {0, 5, 5, 2, 3, 3, 2}),
    looking("weights", {2, 7, 9, 3, 5, 4, 3}),
    looking("causal weights", {2, 6, 6, 2, 5, 3, 3, true}),
    bad_inputs(),
    uneven(),
    benchmark("96 steps", {32, 96, 96, 8, 64, 25, 25}),
    benchmark("720 steps", {8, 720, 720, 8, 64, 35, 35, true}),
});

}  // namespace
}  // namespace attune::testing
