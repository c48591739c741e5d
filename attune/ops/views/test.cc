#include "attune/ops/matmul/matmul.h"
#include "attune/ops/views/views.h"
#include "tests/ops/op_case.h"

namespace attune::testing {
namespace {

// out[k, i, j] = x[i, j, k]
std::vector<double> last_axis_first(const std::vector<double>& x, std::size_t I, std::size_t J,
                                    std::size_t K) {
  std::vector<double> out(x.size());
  for (std::size_t i = 0; i < I; ++i) {
    for (std::size_t j = 0; j < J; ++j) {
      for (std::size_t k = 0; k < K; ++k) out[(k * I + i) * J + j] = x[(i * J + j) * K + k];
    }
  }
  return out;
}

Tensor move_last_axis_first(const Tensor& x) {
  return ops::transpose(ops::transpose(x, 1, 2), 0, 1);  // (I, J, K) -> (K, I, J)
}

OpCase copies() {
  OpCase one{.op = "views", .label = "reshape that has to copy", .inputs = {{.shape = {2, 3, 4}}}};
  one.forward = [](const Inputs& in) { return Outputs{ops::reshape(move_last_axis_first(in[0]), {4, 6})}; };
  one.reference = [](const Arrays& a) { return Arrays{last_axis_first(a[0], 2, 3, 4)}; };
  return one;
}

OpCase merges_transposed() {
  OpCase one{.op = "views", .label = "reshape of a transposed view", .inputs = {{.shape = {2, 3, 4}}}};
  one.forward = [](const Inputs& in) {
    return Outputs{ops::contiguous(ops::reshape(move_last_axis_first(in[0]), {2, 2, -1}))};
  };
  one.reference = [](const Arrays& a) { return Arrays{last_axis_first(a[0], 2, 3, 4)}; };
  return one;
}

OpCase covering_slices() {
  OpCase one{.op = "views", .label = "slices that cover a tensor", .inputs = {{.shape = {2, 5, 3}}}};
  one.forward = [](const Inputs& in) {
    return Outputs{ops::slice(in[0], 1, 0, 2), ops::slice(in[0], 1, 2, 2), ops::slice(in[0], -2, 2, 5)};
  };
  one.reference = [](const Arrays& a) {
    Arrays out(3);
    for (std::size_t i = 0; i < 30; ++i) out[i / 3 % 5 < 2 ? 0 : 2].push_back(a[0][i]);
    return out;
  };
  return one;
}

// Both slices in one graph: their gradients meet in the tensor they were cut from.
OpCase slices_meet() {
  OpCase one{.op = "views", .label = "slices of one tensor multiplied", .inputs = {{.shape = {3, 4}}}};
  one.forward = [](const Inputs& in) {
    const Tensor left = ops::slice(in[0], 1, 0, 2), right = ops::slice(in[0], 1, 2, 4);  // (3, 2)
    return Outputs{ops::matmul(left, ops::transpose(right, 0, 1))};                      // (3, 3)
  };
  one.reference = [](const Arrays& a) {
    std::vector<double> out;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j)
        out.push_back(a[0][i * 4] * a[0][j * 4 + 2] + a[0][i * 4 + 1] * a[0][j * 4 + 3]);
    }
    return Arrays{out};
  };
  return one;
}

OpCase same_values(std::string label, Shape from, Shape to) {
  OpCase one{.op = "views", .label = std::move(label), .inputs = {{.shape = from}}};
  one.forward = [to](const Inputs& in) { return Outputs{ops::reshape(in[0], to)}; };
  one.reference = [](const Arrays& a) { return a; };
  return one;
}

OpCase bad_reshape(std::string label, Shape to, std::string message) {
  OpCase one = same_values(std::move(label), {6}, {2, 3});
  one.forward = [to](const Inputs& in) { return Outputs{ops::reshape(in[0], to)}; };
  one.reference = nullptr;
  one.has_gradient = one.takes_strided = false;
  one.dtypes = {};
  one.errors = {{{{.shape = {2, 3}}}, {message, to.to_string()}}};
  return one;
}

OpCase bad_slice(std::int64_t begin, std::int64_t end) {
  OpCase one = bad_reshape("slice out of range", {}, "slice:");
  one.forward = [=](const Inputs& in) { return Outputs{ops::slice(in[0], 1, begin, end)}; };
  one.errors = {{{{.shape = {2, 3}}}, {"slice:", "dimension 1 of [2, 3]"}}};
  return one;
}

OpCase benchmark() {
  OpCase one{.op = "views", .label = "copy of a transposed view", .inputs = {{.shape = {64, 128, 768}}}};
  one.forward = [](const Inputs& in) { return Outputs{ops::contiguous(ops::transpose(in[0], 0, 1))}; };
  one.bytes = 2.0 * 4 * 64 * 128 * 768;
  one.backward_factor = 1;
  one.benchmark_only = true;
  return one;
}

const RegisterOp registered({
    copies(),
    merges_transposed(),
    covering_slices(),
    slices_meet(),
    same_values("split and merged", {2, 6, 3}, {3, 2, 6}),
    same_values("size one dimensions", {1, 4, 1, 2}, {4, 1, 2, 1, 1}),
    same_values("found size", {3, 4, 2}, {-1, 8}),
    same_values("one element to a scalar", {1, 1}, {}),
    same_values("no elements", {0, 4}, {2, 0, 3}),
    bad_reshape("wrong number of elements", {4, 2}, "reshape: [2, 3] has 6 elements"),
    bad_reshape("size that does not divide", {-1, 4}, "reshape: [2, 3] has 6 elements"),
    bad_reshape("two unknown sizes", {-1, -1}, "more than one size"),
    bad_reshape("unknown beside zero", {0, -1}, "reshape: [2, 3] has 6 elements"),
    bad_slice(-1, 2),
    bad_slice(2, 1),
    bad_slice(0, 4),
    benchmark(),
});

}  // namespace
}  // namespace attune::testing
