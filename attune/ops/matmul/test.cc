#include "attune/ops/matmul/matmul.h"
#include "attune/ops/views/views.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

using Size = std::size_t;

// c[b, m, n] = sum over k of left(b, m, k) right(b, k, n)
template <typename Left, typename Right>
Arrays product(Size batch, Size M, Size K, Size N, Left left, Right right) {
  std::vector<double> c(batch * M * N, 0);
  for (Size b = 0; b < batch; ++b) {
    for (Size m = 0; m < M; ++m) {
      for (Size n = 0; n < N; ++n) {
        for (Size k = 0; k < K; ++k) c[(b * M + m) * N + n] += left(b, m, k) * right(b, k, n);
      }
    }
  }
  return {c};
}

OpCase plain(std::string label, Shape a, Shape b) {
  OpCase one{.op = "matmul", .label = std::move(label), .inputs = {{.shape = a}, {.shape = b}}};
  one.forward = [](const Inputs& in) { return Outputs{ops::matmul(in[0], in[1])}; };
  const Size M = static_cast<Size>(a[-2]), K = static_cast<Size>(a[-1]), N = static_cast<Size>(b[-1]);
  const Size batch = static_cast<Size>(a.without(-1).without(-1).elements());
  const Size step = b.rank() == 2 ? 0 : K * N;
  one.reference = [=](const Arrays& v) {
    return product(
        batch, M, K, N, [&](Size i, Size m, Size k) { return v[0][(i * M + m) * K + k]; },
        [&](Size i, Size k, Size n) { return v[1][i * step + k * N + n]; });
  };
  return one;
}

// a (2, 5, 3) and b (2, 4, 5) come stored with their last two dimensions exchanged.
OpCase transposed() {
  OpCase one{
      .op = "matmul", .label = "both transposed", .inputs = {{.shape = {2, 5, 3}}, {.shape = {2, 4, 5}}}};
  one.forward = [](const Inputs& in) {
    return Outputs{ops::matmul(ops::transpose(in[0], 1, 2), ops::transpose(in[1], 1, 2))};
  };
  one.reference = [](const Arrays& v) {
    return product(
        2, 3, 5, 4, [&](Size i, Size m, Size k) { return v[0][(i * 5 + k) * 3 + m]; },
        [&](Size i, Size k, Size n) { return v[1][(i * 4 + n) * 5 + k]; });
  };
  return one;
}

// Heads cut from the last dimension: a (B, T, H, D) as (B, H, T, D), no two dimensions of a batch adjacent.
OpCase heads() {
  OpCase one{.op = "matmul", .label = "heads", .inputs = {{.shape = {2, 3, 2, 4}}, {.shape = {2, 5, 2, 4}}}};
  one.forward = [](const Inputs& in) {
    const Tensor query = ops::transpose(in[0], 1, 2), key = ops::transpose(in[1], 1, 2);  // (B, H, T, D)
    return Outputs{ops::matmul(query, ops::transpose(key, 2, 3))};                        // (B, H, Tq, Tk)
  };
  one.reference = [](const Arrays& v) {
    return product(
        4, 3, 4, 5, [&](Size i, Size m, Size k) { return v[0][((i / 2 * 3 + m) * 2 + i % 2) * 4 + k]; },
        [&](Size i, Size k, Size n) { return v[1][((i / 2 * 5 + n) * 2 + i % 2) * 4 + k]; });
  };
  return one;
}

OpCase bad_shapes() {
  OpCase one = plain("bad shapes", {2, 3}, {3, 2});
  one.errors = {{{{.shape = {3}}, {.shape = {3, 2}}}, {"matmul: operands of shape [3] and [3, 2]"}},
                {{{.shape = {2, 3}}, {.shape = {4, 5}}}, {"inner sizes 3 and 4 differ"}},
                {{{.shape = {2, 3}}, {.shape = {3, 2}, .kind = Input::Kind::indices}}, {"float32 and int64"}},
                {{{.shape = {2, 2, 3}}, {.shape = {4, 3, 5}}}, {"leading dimensions differ"}}};
  return one;
}

OpCase benchmark() {
  OpCase one = plain("scores of 12 heads", {48, 256, 64}, {48, 64, 256});
  one.flops = 2.0 * 48 * 256 * 256 * 64;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    plain("two matrices", {5, 3}, {3, 7}),
    plain("batch", {2, 3, 5, 4}, {2, 3, 4, 2}),
    plain("shared right operand", {3, 2, 4}, {4, 5}),
    plain("batch of one", {1, 3, 4}, {1, 4, 2}),
    plain("one by one", {1, 1}, {1, 1}),
    plain("no rows", {2, 0, 3}, {2, 3, 4}),
    plain("no inner size", {2, 3, 0}, {2, 0, 4}),
    plain("empty batch", {0, 3, 2}, {0, 2, 4}),
    transposed(),
    heads(),
    bad_shapes(),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
