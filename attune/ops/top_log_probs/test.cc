#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/ops/top_log_probs/top_log_probs.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

// By sorting the whole row.
Arrays reference(const Arrays& a, std::size_t columns, std::size_t count,
                 const std::vector<std::int64_t>& suppressed) {
  std::vector<double> log_probs, tokens;
  for (std::size_t first = 0; first < a[0].size(); first += columns) {
    double sum = 0;
    std::vector<std::pair<double, std::int64_t>> sorted;
    for (std::size_t j = 0; j < columns; ++j) {
      sum += std::exp(a[0][first + j]);
      const auto token = static_cast<std::int64_t>(j);
      if (std::find(suppressed.begin(), suppressed.end(), token) == suppressed.end())
        sorted.emplace_back(-a[0][first + j], token);
    }
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < count; ++i) {
      const bool there = i < sorted.size();
      log_probs.push_back(there ? -sorted[i].first - std::log(sum)
                                : -std::numeric_limits<double>::infinity());
      tokens.push_back(there ? static_cast<double>(sorted[i].second) : -1);
    }
  }
  return {log_probs, tokens};
}

OpCase top_case(std::string label, Shape shape, std::int64_t count,
                std::vector<std::int64_t> suppressed = {}) {
  OpCase one{.op = "top_log_probs", .label = std::move(label)};
  one.inputs = {{.shape = shape, .low = -3, .high = 3, .differentiable = false}};
  one.forward = [=](const Inputs& in) {
    const auto [log_probs, tokens] = ops::top_log_probs(in[0], count, suppressed);
    return Outputs{log_probs, tokens};
  };
  one.reference = [=, columns = static_cast<std::size_t>(shape[1])](const Arrays& a) {
    return reference(a, columns, static_cast<std::size_t>(count), suppressed);
  };
  one.dtypes = {DType::float32};
  one.has_gradient = false;
  return one;
}

OpCase bad_inputs() {
  OpCase one = top_case("bad inputs", {2, 5}, 2);
  one.errors = {{{{.shape = {5}}}, {"top_log_probs: logits have shape [5], expected (N, V)"}}};
  return one;
}

OpCase benchmark(std::string label, std::int64_t rows, std::int64_t count) {
  OpCase one = top_case(std::move(label), {rows, 8000}, count);
  one.bytes = 4.0 * 8000 * static_cast<double>(rows);
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    top_case("odd sizes", {3, 131}, 7),
    top_case("one", {5, 64}, 1),
    top_case("all", {2, 9}, 9),
    top_case("suppressed", {4, 77}, 6, {0, 3, 76}),
    top_case("no rows", {0, 5}, 2),
    top_case("one column", {3, 1}, 1),
    bad_inputs(),
    benchmark("beam 4 of 8 sentences", 32, 8),
    benchmark("greedy", 8, 1),
});

}  // namespace
}  // namespace attune::testing
